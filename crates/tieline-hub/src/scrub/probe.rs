//! Tells in one quick pass that a text holds none of the forms, which is so for nearly every text.
//!
//! Every form is at least as long as a step and four bytes less one, so one of the places that are looked at lies wholly
//! inside it (after Wu and Manber). Only where the four bytes there occur in a form, the form itself is compared.

use std::ops::Range;

use super::forms::Forms;

const GRAM: usize = 4;
/// From place to place. Longer steps would look at fewer places of a text, but at more of them by mistake.
const STEPS: [usize; 4] = [12, 8, 5, 1];
/// So many places are looked up before it is asked whether any of them was known: answers can have megabytes.
const AT_ONCE: usize = 8;
/// 16 KiB for each credential that is in use. One place of a text in some 150 is looked at more closely by mistake.
const BITS: u32 = 14;

/// What is kept of a credential between calls: it can say no, and not more than maybe.
pub(super) struct Probe {
    step: usize,
    /// Not zero for each four bytes that lie within one step of the beginning of a form. A byte for each, because a bit
    /// takes twice as long to look up.
    seen: Box<[u8; 1 << BITS]>,
}

/// What it takes to turn a maybe into a yes or no, for the call in hand.
pub(super) struct Core {
    forms: Forms,
    /// The four bytes as numbers, to tell apart what falls on the same place.
    grams: Vec<u32>,
}

impl Core {
    pub(super) fn of(value: &str) -> Self {
        let forms = Forms::of_core(value);
        let grams = step_for(&forms).map_or_else(Vec::new, |step| grams_of(&forms, step).collect());
        Self { forms, grams }
    }
}

/// Nothing when there is nothing to look for.
fn step_for(forms: &Forms) -> Option<usize> {
    let shortest = forms.shortest()?;
    STEPS.into_iter().find(|step| step + GRAM <= shortest + 1)
}

/// The bytes that lie within one step of the beginning of each form, four at a time.
fn grams_of(forms: &Forms, step: usize) -> impl Iterator<Item = u32> {
    let of_form = move |form| str::as_bytes(form).windows(GRAM).take(step);
    forms.iter().flat_map(of_form).map(number_of)
}

impl Probe {
    /// Nothing to look for gives nothing to look with.
    pub(super) fn of(value: &str) -> Option<Self> {
        let forms = Forms::of_core(value);
        let step = step_for(&forms)?;
        let mut seen = Box::new([0; 1 << BITS]);
        for gram in grams_of(&forms, step) {
            seen[place_of(gram)] = 1;
        }
        Some(Self { step, seen })
    }

    /// Whether the text holds one of the forms, which are asked for only when it looks like it.
    pub(super) fn finds<'c>(&self, core: impl Fn() -> &'c Core, text: &[u8]) -> bool {
        // With a step that is known the loop has no checks inside.
        match self.step {
            12 => self.finds_by::<12>(core, text),
            8 => self.finds_by::<8>(core, text),
            5 => self.finds_by::<5>(core, text),
            _ => self.finds_by::<1>(core, text),
        }
    }

    fn finds_by<'c, const STEP: usize>(&self, core: impl Fn() -> &'c Core, text: &[u8]) -> bool {
        let length = STEP * AT_ONCE;
        let mut from = 0;
        for part in text.chunks_exact(length) {
            let known = (0..AT_ONCE).fold(0, |known, place| {
                known | self.seen[place_of(number_of(&part[place * STEP..][..GRAM]))]
            });
            if known != 0 && self.is_at_any(&core, text, from..from + length) {
                return true;
            }
            from += length;
        }
        self.is_at_any(&core, text, from..text.len())
    }

    /// Whether a form lies around one of the places in this part of the text that are looked at.
    #[cold]
    fn is_at_any<'c>(&self, core: impl Fn() -> &'c Core, text: &[u8], part: Range<usize>) -> bool {
        part.step_by(self.step).any(|at| {
            text.get(at..at + GRAM).is_some_and(|gram| {
                let gram = number_of(gram);
                self.seen[place_of(gram)] != 0
                    && core().grams.contains(&gram)
                    && self.is_in_form(&core().forms, text, at)
            })
        })
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
fn number_of(gram: &[u8]) -> u32 {
    gram.try_into().map_or(0, u32::from_le_bytes)
}

#[inline]
fn place_of(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}
