//! Within a number of a text that comes in pieces: its grammar, and whether a double holds it.

use super::Unsound;

/// Every number below ten to this power plus one is a double.
const LARGEST_EXPONENT: i64 = 307;

/// A place within a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    part: Part,
    /// Whole digits from the first one that is not zero.
    whole: i64,
    /// Zeros between the point and the first digit that is not zero.
    zeros: i64,
    is_zero: bool,
    exponent: i64,
    is_negative: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Sign,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl Number {
    pub(super) fn beginning_with(byte: u8) -> Self {
        let part = match byte {
            b'-' => Part::Sign,
            b'0' => Part::Zero,
            _ => Part::Whole,
        };
        let is_digit = part == Part::Whole;
        Self {
            part,
            whole: i64::from(is_digit),
            zeros: 0,
            is_zero: !is_digit,
            exponent: 0,
            is_negative: false,
        }
    }

    pub(super) fn take(&mut self, byte: u8) -> Result<(), Unsound> {
        self.part = match (self.part, byte) {
            (Part::Sign, b'0') => Part::Zero,
            (Part::Sign, b'1'..=b'9') | (Part::Whole, b'0'..=b'9') => {
                self.whole += 1;
                self.is_zero = false;
                Part::Whole
            }
            (Part::Zero | Part::Whole, b'.') => Part::Point,
            (Part::Point | Part::Fraction, b'0'..=b'9') => {
                if byte != b'0' {
                    self.is_zero = false;
                } else if self.is_zero {
                    self.zeros += 1;
                }
                Part::Fraction
            }
            (Part::Zero | Part::Whole | Part::Fraction, b'e' | b'E') => Part::Exponent,
            (Part::Exponent, b'+' | b'-') => {
                self.is_negative = byte == b'-';
                Part::ExponentSign
            }
            (Part::Exponent | Part::ExponentSign | Part::ExponentDigits, b'0'..=b'9') => {
                let digit = i64::from(byte - b'0');
                self.exponent = self.exponent.saturating_mul(10).saturating_add(digit);
                Part::ExponentDigits
            }
            _ => return Err(Unsound::Grammar),
        };
        Ok(())
    }

    /// A number at the very edge of what a double holds counts as beyond it: to know better one would have to keep it.
    pub(super) fn finish(&self) -> Result<(), Unsound> {
        if matches!(
            self.part,
            Part::Sign | Part::Point | Part::Exponent | Part::ExponentSign
        ) {
            return Err(Unsound::Grammar);
        }
        let first = if self.whole > 0 {
            self.whole - 1
        } else {
            -self.zeros - 1
        };
        let exponent = if self.is_negative {
            first.saturating_sub(self.exponent)
        } else {
            first.saturating_add(self.exponent)
        };
        if !self.is_zero && exponent > LARGEST_EXPONENT {
            return Err(Unsound::NumberOutOfRange);
        }
        Ok(())
    }
}
