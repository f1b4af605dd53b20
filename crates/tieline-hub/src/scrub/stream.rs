//! The same for an answer that is passed on while it comes: what comes out is what a whole answer would become.
//!
//! A form of the credential may lie across the end of a piece, so what may be the beginning of one is kept back. That is
//! rarely anything, and then a piece goes on as it came. Where a form is found, the text is cut only at places that lie in
//! no form, and what is before the cut is treated like a whole text.

use std::mem;

use bytes::Bytes;
use memchr::{memchr_iter, memmem};
use tieline_mcp::{Clean, Cleaner, Failure};

use super::forms::Forms;
use super::{REDACTED, Scrubber};

/// A text that is nothing but forms that overlap cannot be cut. No server sends so much of that.
const MOST_KEPT: usize = 256 << 10;

impl Clean for Scrubber {
    fn begin(&self) -> Box<dyn Cleaner + '_> {
        Box::new(StreamScrubber::new(self))
    }
}

/// Takes one credential out of one answer.
struct StreamScrubber<'s> {
    scrubber: &'s Scrubber,
    forms: Forms,
    kept: Vec<u8>,
}

impl<'s> StreamScrubber<'s> {
    fn new(scrubber: &'s Scrubber) -> Self {
        let forms = match &scrubber.probe.0 {
            Some(_) => Forms::of(&scrubber.whole),
            None => Forms::default(),
        };
        Self {
            scrubber,
            forms,
            kept: Vec::new(),
        }
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        self.scrubber.finds_in(bytes)
    }

    /// Where the last bytes of a text without any form may be the beginning of one; its end if they are not.
    fn place_of_beginning(&self, text: &[u8]) -> usize {
        let most = self.forms.longest().saturating_sub(1);
        let from = text.len().saturating_sub(most);
        let last = &text[from..];
        let begins = |form: &str| {
            let (first, form) = (form.bytes().next()?, form.as_bytes());
            memchr_iter(first, last).find(|at| form.starts_with(&last[*at..]))
        };
        from + self
            .forms
            .iter()
            .filter_map(begins)
            .min()
            .unwrap_or(last.len())
    }

    /// Gives out what lies before the last place at which a form may still begin, and keeps the rest.
    fn cut(&mut self, text: &[u8], back: usize, clean: &mut Vec<Bytes>) {
        let at = self.place_between(text, text.len().saturating_sub(back));
        clean.push(self.replaced(&text[..at]).into());
        self.kept = text[at..].to_vec();
    }

    /// The last place up to `at` that lies in no form.
    fn place_between(&self, text: &[u8], mut at: usize) -> usize {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for form in self.forms.iter().map(str::as_bytes) {
            let finder = memmem::Finder::new(form);
            let mut from = 0;
            while let Some(start) = finder.find(&text[from..]) {
                found.push((from + start, from + start + form.len()));
                from += start + 1;
            }
        }
        found.sort_unstable();
        for (start, end) in found.into_iter().rev() {
            if start < at && at < end {
                at = start;
            }
        }
        at
    }

    fn replaced(&self, text: &[u8]) -> Vec<u8> {
        let mut clean = text.to_vec();
        for form in self.forms.iter().map(str::as_bytes) {
            let mut rest = &clean[..];
            let mut next = Vec::new();
            while let Some(start) = memmem::find(rest, form) {
                next.extend_from_slice(&rest[..start]);
                next.extend_from_slice(REDACTED.as_bytes());
                rest = &rest[start + form.len()..];
            }
            if !next.is_empty() {
                next.extend_from_slice(rest);
                clean = next;
            }
        }
        clean
    }
}

impl Cleaner for StreamScrubber<'_> {
    fn push(&mut self, piece: Bytes, clean: &mut Vec<Bytes>) -> Result<(), Failure> {
        let back = self.forms.longest().saturating_sub(1);
        if back == 0 || piece.is_empty() {
            clean.push(piece);
            return Ok(());
        }
        let mut joint = mem::take(&mut self.kept);
        let kept = joint.len();
        let seam = if kept == 0 { 0 } else { piece.len().min(back) };
        joint.extend_from_slice(&piece[..seam]);
        if self.finds(&joint) || self.finds(&piece) {
            joint.extend_from_slice(&piece[seam..]);
            self.cut(&joint, back, clean);
            if self.kept.len() > MOST_KEPT {
                return Err(Failure::SecretEchoed);
            }
        } else if seam == piece.len() {
            self.kept = joint.split_off(self.place_of_beginning(&joint));
            clean.push(joint.into());
        } else {
            joint.truncate(kept);
            if kept > 0 {
                clean.push(joint.into());
            }
            let at = self.place_of_beginning(&piece);
            self.kept = piece[at..].to_vec();
            clean.push(piece.slice(..at));
        }
        Ok(())
    }

    fn finish(&mut self, clean: &mut Vec<Bytes>) -> Result<(), Failure> {
        let rest = mem::take(&mut self.kept);
        clean.push(self.replaced(&rest).into());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKENS: [&str; 4] = [
        "Bearer s/cr+t \"k3y\" ÄÖ==0123456789",
        "abcdefgh",
        "Bearer aaaaaaaa",
        "abababab/abab",
    ];

    fn streamed(token: &str, text: &[u8], cuts: &[usize]) -> Vec<u8> {
        let scrubber = Scrubber::new(Some(token));
        let mut stream = StreamScrubber::new(&scrubber);
        let (mut from, mut clean) = (0, Vec::new());
        let text = Bytes::copy_from_slice(text);
        for to in cuts.iter().copied().chain([text.len()]) {
            stream.push(text.slice(from..to), &mut clean).expect("room");
            from = to;
        }
        stream.finish(&mut clean).expect("room");
        clean.concat()
    }

    fn whole(token: &str, text: &str) -> String {
        Scrubber::new(Some(token)).text(text).into_owned()
    }

    #[test]
    fn every_form_is_taken_out_wherever_a_piece_ends_in_it() {
        for token in TOKENS {
            for form in Forms::of(token).iter() {
                let text = format!("{{\"a\":\"ä{form}ö\"}} and {form}{form}");
                let expected = whole(token, &text);
                assert!(!expected.contains(form));
                for cut in 0..=text.len() {
                    assert_eq!(
                        streamed(token, text.as_bytes(), &[cut]),
                        expected.as_bytes()
                    );
                }
                let each: Vec<usize> = (0..text.len()).collect();
                assert_eq!(streamed(token, text.as_bytes(), &each), expected.as_bytes());
            }
        }
    }

    #[test]
    fn an_answer_without_the_credential_is_not_copied() {
        let scrubber = Scrubber::new(Some(TOKENS[0]));
        let mut stream = StreamScrubber::new(&scrubber);
        let piece = Bytes::from("lorem ipsum ".repeat(5_000));
        let mut clean = Vec::new();
        stream.push(piece.clone(), &mut clean).expect("room");
        let shared = clean
            .iter()
            .filter(|part| piece.as_ptr_range().contains(&part.as_ptr()));
        assert!(shared.map(Bytes::len).sum::<usize>() > 59_000);
        assert!(stream.kept.len() < 600);
    }

    #[test]
    fn only_what_may_begin_a_form_waits_for_the_next_piece() {
        let scrubber = Scrubber::new(Some("abcdefgh"));
        for (first, waits) in [
            ("xyz", ""),
            ("xyzabc", "abc"),
            ("xyzab-", ""),
            ("aabcab", "ab"),
        ] {
            let mut stream = StreamScrubber::new(&scrubber);
            let mut clean = Vec::new();
            stream.push(Bytes::from(first), &mut clean).expect("room");
            assert_eq!(stream.kept, waits.as_bytes(), "{first}");
            stream.push(Bytes::from("-"), &mut clean).expect("room");
            stream.finish(&mut clean).expect("room");
            assert_eq!(clean.concat(), format!("{first}-").into_bytes());
        }
    }

    #[test]
    fn an_answer_that_cannot_be_cut_is_given_up() {
        let scrubber = Scrubber::new(Some("aaaaaaaa"));
        let mut stream = StreamScrubber::new(&scrubber);
        let mut clean = Vec::new();
        let all =
            (0..20).try_for_each(|_| stream.push(Bytes::from("a".repeat(32 << 10)), &mut clean));
        assert_eq!(all.expect_err("too much").code(), "secret_echoed");
        assert!(clean.iter().all(Bytes::is_empty));
    }

    proptest! {
        #[test]
        fn any_splitting_gives_what_the_whole_gives(
            which in 0..TOKENS.len(),
            parts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4, "[ab/ä\"\\\\]{0,6}"), 0..12),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let token = TOKENS[which];
            let forms = Forms::of(token);
            let forms: Vec<&str> = forms.iter().collect();
            let mut text = String::new();
            for (form, less, between) in parts {
                let form = forms[form.index(forms.len())];
                let part: String = form.chars().take(form.chars().count() - less).collect();
                text.push_str(&part);
                text.push_str(&between);
            }
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.sort_unstable();
            let expected = whole(token, &text);
            prop_assert_eq!(String::from_utf8(streamed(token, text.as_bytes(), &cuts)), Ok(expected));
        }
    }
}
