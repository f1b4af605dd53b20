//! Tells in one quick pass that a text holds none of the forms, which is so for nearly every text.
//!
//! Every form is at least as long as a step and four bytes less one, so one of the places that are looked at lies wholly
//! inside it (after Wu and Manber). Only where the four bytes there occur in a form, the form itself is compared.

use super::forms::Forms;

const GRAM: usize = 4;
/// Longer steps would look at fewer places of a text, but more of those by mistake.
const LONGEST_STEP: usize = 12;
/// 4 KiB for each credential that is in use. One place of a text in some three hundred is looked at more closely by mistake.
const BITS: u32 = 15;

pub(super) struct Probe {
    step: usize,
    /// A bit for each four bytes that lie within one step of the beginning of a form.
    seen: Box<[u64; 1 << (BITS - 6)]>,
}

impl Probe {
    /// Nothing to look for gives nothing to look with.
    pub(super) fn of(forms: &Forms) -> Option<Self> {
        let shortest = forms.shortest().filter(|shortest| *shortest >= GRAM)?;
        let step = (shortest + 1 - GRAM).min(LONGEST_STEP);
        let mut seen = Box::new([0; 1 << (BITS - 6)]);
        for form in forms.iter() {
            for gram in form.as_bytes().windows(GRAM).take(step) {
                let bit = bit_of(gram);
                seen[bit >> 6] |= 1 << (bit & 63);
            }
        }
        Some(Self { step, seen })
    }

    /// Whether the text holds one of the forms, which are asked for only when it looks like it.
    pub(super) fn finds<'f>(&self, forms: impl Fn() -> &'f Forms, text: &[u8]) -> bool {
        // A plain loop over an index: answers can have megabytes, and iterators by steps were not made into one.
        let mut at = 0;
        while let Some(gram) = text.get(at..at + GRAM) {
            let bit = bit_of(gram);
            if self.seen[bit >> 6] & (1 << (bit & 63)) != 0 && self.is_in_form(forms(), text, at) {
                return true;
            }
            at += self.step;
        }
        false
    }

    /// Whether a form begins at this place or less than a step before it.
    fn is_in_form(&self, forms: &Forms, text: &[u8], at: usize) -> bool {
        let earliest = at.saturating_sub(self.step - 1);
        forms
            .iter()
            .any(|form| (earliest..=at).any(|start| text[start..].starts_with(form.as_bytes())))
    }
}

#[inline]
fn bit_of(gram: &[u8]) -> usize {
    let gram = gram.try_into().map_or(0, u32::from_le_bytes);
    (gram.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}
