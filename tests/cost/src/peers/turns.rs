use std::time::{Duration, Instant};

const ROUNDS: usize = 7;

/// Of each piece of code in a round. They also take turns in being first.
const TURNS: usize = 40;

/// A turn lasts at least this long: much longer than it takes to read the clock, and to get warm after the others.
const TURN: Duration = Duration::from_millis(4);

/// The time of one piece of code divided by that of another.
#[derive(Debug)]
pub struct Ratio {
    /// Of all rounds.
    pub median: f64,
    /// With the lowest and the highest, so that a round which something else on the machine disturbed is seen.
    pub text: String,
}

/// Runs pieces of code by turns, and divides the time of the first by that of each other. A round's ratio is the median
/// of those of its turns.
pub fn ratios(pieces: &mut [&mut dyn FnMut()]) -> Vec<Ratio> {
    let times: Vec<u32> = pieces.iter_mut().map(times_in_a_turn).collect();
    let mut rounds = vec![Vec::new(); pieces.len()];
    for _ in 0..ROUNDS {
        let mut turns = vec![Vec::new(); pieces.len()];
        for turn in 0..TURNS {
            let mut seconds = vec![0.0; pieces.len()];
            for place in 0..pieces.len() {
                let piece = (turn + place) % pieces.len();
                seconds[piece] = run(&mut pieces[piece], times[piece]).as_secs_f64() / f64::from(times[piece]);
            }
            turns.iter_mut().zip(&seconds).for_each(|(ratios, other)| ratios.push(seconds[0] / other));
        }
        rounds.iter_mut().zip(turns).for_each(|(ratios, mut turns)| ratios.push(median(&mut turns)));
    }
    let ratio = |rounds: &mut Vec<f64>| {
        let median = median(rounds);
        Ratio { median, text: format!("{median:.2} ({:.2} to {:.2})", rounds[0], rounds[ROUNDS - 1]) }
    };
    rounds.iter_mut().skip(1).map(ratio).collect()
}

fn times_in_a_turn(piece: &mut &mut dyn FnMut()) -> u32 {
    let mut times = 1;
    while run(piece, times) < TURN {
        times *= 2;
    }
    times
}

fn run(piece: &mut &mut dyn FnMut(), times: u32) -> Duration {
    let started = Instant::now();
    (0..times).for_each(|_| piece());
    started.elapsed()
}

/// Sorts the numbers, and takes the middle one.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
