//! Feeding a parser what nobody would send: sound examples, broken a little more each time.
//!
//! Coverage-guided fuzzing needs a nightly compiler. Here the check itself says what was special about an input, as a
//! number: an input with a number that was not seen before is kept and broken further. A seed makes a run repeatable.
#![expect(
    clippy::print_stdout,
    reason = "the number of inputs, and the one that failed, are what a run is for"
)]

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// More inputs are not kept.
const KEPT: usize = 2_000;
/// Longer inputs are cut.
const LONGEST: usize = 4_096;

/// Pieces that decide something in JSON, HTTP and server-sent events.
const WORDS: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e400",
    "9007199254740993",
    "18446744073709551616",
    "\\u0000",
    "\\ud800",
    "\\udc00",
    "\u{feff}",
    "\u{202e}",
    "é",
    "\0",
    "\r",
    "\n",
    "\r\n",
    "\n\n",
    "\r\r",
    "data:",
    "event:",
    "id:",
    "retry:",
    ": ",
    "=?base64?",
    "?=",
    "==",
    "%2F",
    "%",
    "//",
    "..",
    "{id}",
    "\"id\":1",
    "\"method\":\"x\"",
    "\"_meta\":{}",
];

/// A run: how often, and from which seed.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// How many inputs are tried.
    pub executions: u64,
    /// Where the random numbers begin.
    pub seed: u64,
}

impl Run {
    /// A few thousand inputs, for every test run; `cargo xtask fuzz` names more in `TIELINE_FUZZ_EXECUTIONS` and
    /// `TIELINE_FUZZ_SEED`.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long to look for faults is up to who runs the tests"
    )]
    pub fn from_environment() -> Self {
        let number = |name: &str| std::env::var(name).ok()?.parse().ok();
        Self {
            executions: number("TIELINE_FUZZ_EXECUTIONS").unwrap_or(3_000),
            seed: number("TIELINE_FUZZ_SEED").unwrap_or(1),
        }
    }

    /// Breaks the examples and hands each result to `check`, which panics when something must not be so. Prints how
    /// many inputs were tried, or the input that failed.
    pub fn of(self, name: &str, examples: &[&[u8]], check: impl Fn(&[u8]) -> u64) {
        let mut kept: Vec<Vec<u8>> = examples.iter().map(|example| example.to_vec()).collect();
        let mut seen = HashSet::new();
        let mut dice = Dice(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for execution in 0..self.executions {
            // Each example is tried as it is first.
            let input = match usize::try_from(execution) {
                Ok(at) if at < examples.len() => examples[at].to_vec(),
                _ => dice.broken(&kept),
            };
            match catch_unwind(AssertUnwindSafe(|| check(&input))) {
                Ok(mark) => {
                    if seen.insert(mark) && kept.len() < KEPT {
                        kept.push(input);
                    }
                }
                Err(panic) => {
                    println!(
                        "{name}: execution {execution} of seed {} failed with:",
                        self.seed
                    );
                    println!("{}", input.escape_ascii());
                    resume_unwind(panic);
                }
            }
        }
        println!(
            "fuzzed {name}: {} executions, {} kept",
            self.executions,
            kept.len()
        );
    }
}

/// xorshift64: quick, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`, which is small.
    fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        usize::try_from(self.next() % bound).unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    fn broken(&mut self, kept: &[Vec<u8>]) -> Vec<u8> {
        let mut input = kept[self.below(kept.len())].clone();
        for _ in 0..=self.below(6) {
            self.break_once(&mut input, kept);
        }
        input.truncate(LONGEST);
        input
    }

    fn break_once(&mut self, input: &mut Vec<u8>, kept: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(16)).min(input.len());
        match self.below(9) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << (self.next() % 8);
                }
            }
            1 => {
                let byte = self.byte();
                input.insert(at, byte);
            }
            2 | 3 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(at..at, word.bytes());
            }
            4 => {
                input.drain(at.min(end)..end);
            }
            5 => {
                let piece = input[at.min(end)..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            6 => {
                // The beginning of this one, the end of another one.
                let other = &kept[self.below(kept.len())];
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            7 => input.truncate(at),
            _ => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(at.min(end)..end, word.bytes());
            }
        }
    }
}

/// A number for what was special about an input: the same parts make the same number.
pub fn mark(parts: &[u64]) -> u64 {
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |mark, part| {
        (mark ^ part).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_fault_three_steps_from_the_examples_is_found() {
        let run = Run {
            executions: 200_000,
            seed: 7,
        };
        let found = catch_unwind(AssertUnwindSafe(|| {
            run.of("a fault", &[b"{\"a\":[]}"], |input| {
                let step = |word: &[u8]| input.windows(word.len()).any(|piece| piece == word);
                let steps = [step(b"=?base64?"), step(b"\r\n"), step(b"1e400")];
                assert!(steps.contains(&false), "all three");
                mark(&steps.map(u64::from))
            });
        }));
        assert!(found.is_err());
    }

    #[test]
    fn the_same_seed_makes_the_same_inputs() {
        let sum = |seed| {
            let sum = Cell::new(0);
            let run = Run {
                executions: 500,
                seed,
            };
            run.of("sums", &[b"abc", b"{}"], |input| {
                let parts: Vec<u64> = input.iter().map(|byte| u64::from(*byte)).collect();
                sum.set(mark(&[sum.get(), mark(&parts)]));
                0
            });
            sum.get()
        };
        assert_eq!(sum(3), sum(3));
        assert_ne!(sum(3), sum(4));
    }
}
