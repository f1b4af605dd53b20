//! Within a string of a text that comes in pieces: escapes, surrogate pairs and characters that the end of a piece cuts.

use super::Unsound;
use crate::raw::lanes::least_and_bits;

/// A place within a string.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Text {
    escape: Escape,
    /// The first half of a surrogate pair stands before this place.
    high: bool,
    /// A character that the end of a piece has cut.
    cut: [u8; 4],
    cut_length: usize,
}

#[derive(Debug, Clone, Copy, Default)]
enum Escape {
    #[default]
    None,
    Begun,
    Unit {
        digits: u8,
        unit: u32,
    },
}

impl Text {
    /// Reads on in a string; says whether it has ended.
    pub(super) fn read(&mut self, piece: &[u8], at: &mut usize) -> Result<bool, Unsound> {
        loop {
            match self.escape {
                Escape::None => {
                    let rest = piece.get(*at..).unwrap_or_default();
                    let end = memchr::memchr2(b'"', b'\\', rest);
                    let run = &rest[..end.unwrap_or(rest.len())];
                    if self.high && !(run.is_empty() && end.is_none_or(|end| rest[end] == b'\\')) {
                        return Err(Unsound::LoneSurrogate);
                    }
                    self.characters(run, end.is_some())?;
                    *at += run.len();
                    if end.is_none() {
                        return Ok(false);
                    }
                    let is_quote = piece[*at] == b'"';
                    *at += 1;
                    if is_quote {
                        return Ok(true);
                    }
                    self.escape = Escape::Begun;
                }
                Escape::Begun => {
                    let Some(byte) = piece.get(*at) else {
                        return Ok(false);
                    };
                    *at += 1;
                    self.escape = match byte {
                        b'u' => Escape::Unit { digits: 0, unit: 0 },
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' if self.high => {
                            return Err(Unsound::LoneSurrogate);
                        }
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Escape::None,
                        _ => return Err(Unsound::Grammar),
                    };
                }
                Escape::Unit { digits: 4, unit } => {
                    self.high = match (unit, self.high) {
                        (0xD800..=0xDBFF, false) => true,
                        (0xDC00..=0xDFFF, true) => false,
                        (0xD800..=0xDFFF, _) | (_, true) => return Err(Unsound::LoneSurrogate),
                        (_, false) => false,
                    };
                    self.escape = Escape::None;
                }
                Escape::Unit { digits, unit } => {
                    let Some(byte) = piece.get(*at) else {
                        return Ok(false);
                    };
                    *at += 1;
                    let digit = char::from(*byte).to_digit(16).ok_or(Unsound::Grammar)?;
                    self.escape = Escape::Unit {
                        digits: digits + 1,
                        unit: unit * 16 + digit,
                    };
                }
            }
        }
    }

    /// Characters that stand for themselves. Those at the end of a piece may be cut; before a quote or an escape they
    /// are complete.
    fn characters(&mut self, mut run: &[u8], is_complete: bool) -> Result<(), Unsound> {
        while self.cut_length > 0 {
            let Some((byte, rest)) = run.split_first() else {
                return if is_complete {
                    Err(Unsound::Grammar)
                } else {
                    Ok(())
                };
            };
            self.cut[self.cut_length] = *byte;
            self.cut_length += 1;
            run = rest;
            match std::str::from_utf8(&self.cut[..self.cut_length]) {
                Ok(_) => self.cut_length = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(Unsound::Grammar),
            }
        }
        let (least, all) = least_and_bits(run);
        if least < b' ' {
            return Err(Unsound::Grammar);
        }
        if all.is_ascii() {
            return Ok(());
        }
        match std::str::from_utf8(run) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() && !is_complete => {
                let cut = &run[error.valid_up_to()..];
                self.cut[..cut.len()].copy_from_slice(cut);
                self.cut_length = cut.len();
                Ok(())
            }
            Err(_) => Err(Unsound::Grammar),
        }
    }
}
