//! What the night job is held against: threads that share one `Gateway` and check the tokens of a list, no more.

use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::iter::Skip;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use ekolopay::Gateway;
use ekolopay::purchase::PurchaseToken;

type Error = Box<dyn std::error::Error + Send + Sync>;
type List = Mutex<Skip<Lines<BufReader<File>>>>;

fn main() -> ExitCode {
    match plain() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn plain() -> Result<(), Error> {
    let [list, threads] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("plain FILE THREADS".into());
    };
    let (threads, gateway): (u8, _) = (threads.parse()?, Gateway::from_env()?);
    let list = Mutex::new(BufReader::new(File::open(list)?).lines().skip(1));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| check_all(&gateway, &list))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread panicked")?)
    })
}

fn check_all(gateway: &Gateway, list: &List) -> Result<(), Error> {
    loop {
        let next = list.lock().map_err(|_| "another thread panicked")?.next();
        let Some(line) = next.transpose()? else {
            return Ok(());
        };
        let (_, token) = line.split_once(',').ok_or("a line without a comma")?;
        drop(gateway.check_payment(&PurchaseToken::new(token)?)?);
    }
}
