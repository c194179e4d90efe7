//! JSON as RFC 8259 defines it. An object is a list of members, and the value of a member is its text: no number is
//! rounded, no key is lost, and no depth is too deep.

use hifijson::num::Lex as _;
use hifijson::str::{Lex as _, LexAlloc as _};
use hifijson::token::Lex as _;
use hifijson::{Expect, Read as _, SliceLexer};

/// The members of the object that this text is, in order. `None` if a name is not Unicode.
pub fn members(text: &str) -> Option<Vec<(String, &str)>> {
    let mut lexer = SliceLexer::new(text.as_bytes());
    let mut members = Vec::new();
    lexer.expect(SliceLexer::ws_peek, b'{')?;
    let read = lexer.seq(b'}', SliceLexer::ws_peek, |_, lexer| {
        members.push(member(lexer).ok_or(Expect::Value)?);
        Ok::<_, Expect>(())
    });
    (read.is_ok() && lexer.ws_peek().is_none()).then_some(members)
}

/// What a JSON string says, if the text is one and says Unicode.
pub fn string(text: &str) -> Option<String> {
    let mut lexer = SliceLexer::new(text.as_bytes());
    lexer.expect(SliceLexer::peek_next, b'"')?;
    let string = lexer.str_string().ok()?;
    lexer.as_slice().is_empty().then(|| string.into_owned())
}

fn member<'a>(lexer: &mut SliceLexer<'a>) -> Option<(String, &'a str)> {
    lexer.expect(SliceLexer::peek_next, b'"')?;
    let name = lexer.str_string().ok()?.into_owned();
    lexer.expect(SliceLexer::ws_peek, b':')?;
    lexer.eat_whitespace();
    let text = lexer.as_slice();
    skip_value(lexer)?;
    let length = text.len() - lexer.as_slice().len();
    Some((name, std::str::from_utf8(&text[..length]).ok()?))
}

/// The brackets that are still to come are kept in a list, so that no depth exhausts the stack.
fn skip_value(lexer: &mut SliceLexer<'_>) -> Option<()> {
    let mut ends = Vec::new();
    loop {
        if ends.last() == Some(&b'}') {
            lexer.expect(SliceLexer::ws_peek, b'"')?;
            lexer.str_ignore().ok()?;
            lexer.expect(SliceLexer::ws_peek, b':')?;
        }
        match lexer.ws_peek()? {
            start @ (b'{' | b'[') => {
                let end = if start == b'{' { b'}' } else { b']' };
                ends.push(end);
                if lexer.discarded().ws_peek()? != end {
                    continue;
                }
            }
            b'"' => lexer.discarded().str_ignore().ok()?,
            b'a'..=b'z' => lexer.null_or_bool().map(|_| ())?,
            _ => lexer.num_ignore().validate().map(|_| ()).ok()?,
        }
        // A value has ended, and perhaps the arrays and objects that it is the last value of.
        while ends.last().is_some_and(|end| lexer.expect(SliceLexer::ws_peek, *end).is_some()) {
            ends.pop();
        }
        if ends.is_empty() {
            return Some(());
        }
        lexer.expect(SliceLexer::ws_peek, b',')?;
    }
}
