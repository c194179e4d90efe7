//! JSON as RFC 8259 writes it, without building values: an object is the list of its members, and each member's
//! value is the text that stands there. So no number is rounded, no key is lost, and no depth is too deep.

/// The members of the one object that a text is, in their order. Names that are not Unicode are no names.
#[must_use]
pub fn members(text: &str) -> Option<Vec<(String, &str)>> {
    let mut scanner = Scanner { text, at: 0 };
    let mut members = Vec::new();
    scanner.space();
    scanner.eat(b'{')?;
    scanner.space();
    if scanner.eat(b'}').is_none() {
        loop {
            let name = string(scanner.name()?)?;
            members.push((name, scanner.value()?));
            scanner.space();
            match scanner.next()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
    }
    scanner.space();
    (scanner.at == text.len()).then_some(members)
}

/// What a JSON string says, if the text is one and says Unicode.
#[must_use]
pub fn string(text: &str) -> Option<String> {
    let mut inner = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    // UTF-16 is what the escapes are written in: two of them may make one character, and one alone none.
    let mut units = Vec::new();
    while let Some(char) = inner.next() {
        let char = match char {
            '\\' => match inner.next()? {
                'u' => {
                    let digits: String = inner.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).ok()?);
                    continue;
                }
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            },
            other => other,
        };
        units.extend(char.encode_utf16(&mut [0; 2]).iter());
    }
    String::from_utf16(&units).ok()
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A member's name with its quotes, and the colon after it.
    fn name(&mut self) -> Option<&'a str> {
        self.space();
        let start = self.at;
        self.string()?;
        let name = &self.text[start..self.at];
        self.space();
        self.eat(b':')?;
        Some(name)
    }

    /// One whole value. What is open is kept in a list, so that no depth exhausts the stack.
    fn value(&mut self) -> Option<&'a str> {
        self.space();
        let start = self.at;
        let mut open = Vec::new();
        loop {
            self.space();
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    self.space();
                    if self.eat(b'}').is_none() {
                        self.name()?;
                        open.push(b'}');
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    self.space();
                    if self.eat(b']').is_none() {
                        open.push(b']');
                        continue;
                    }
                }
                b'"' => self.string()?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => self.number()?,
            }
            // A value has ended: so do those that it was the last of.
            loop {
                let Some(&end) = open.last() else {
                    return Some(&self.text[start..self.at]);
                };
                self.space();
                match self.next()? {
                    b',' => break,
                    byte if byte == end => open.pop(),
                    _ => return None,
                };
            }
            if open.last() == Some(&b'}') {
                self.name()?;
            }
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn string(&mut self) -> Option<()> {
        self.eat(b'"')?;
        loop {
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => match self.next()? {
                    b'u' => (0..4).try_for_each(|_| self.next()?.is_ascii_hexdigit().then_some(()))?,
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    _ => return None,
                },
                0..=0x1f => return None,
                _ => {}
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.eat(b'-');
        if self.eat(b'0').is_none() {
            self.digits()?;
        }
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}
