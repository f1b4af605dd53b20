//! What clients are called in lists and records. Modern ones say who they are with every request, in the same words.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::value::RawValue;

use super::initialize::client_label;

/// How many are kept. Hardly any company has as many programs and versions of them.
const MOST: usize = 256;
/// The longest `clientInfo` that is kept, in bytes.
const LONGEST: usize = 512;

/// The labels of those seen lately, by the `clientInfo` that they belong to.
#[derive(Debug)]
pub(super) struct ClientLabels {
    known: RwLock<HashMap<Box<str>, Arc<str>>>,
    /// Of a client that does not say who it is.
    none: Arc<str>,
}

impl Default for ClientLabels {
    fn default() -> Self {
        Self {
            known: RwLock::default(),
            none: Arc::from(""),
        }
    }
}

impl ClientLabels {
    /// What [`client_label`] makes of this `clientInfo`; empty without one.
    pub(super) fn of(&self, info: Option<&RawValue>) -> Arc<str> {
        let Some(info) = info else {
            return self.none.clone();
        };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(info.get()).cloned();
        drop(known);
        found.unwrap_or_else(|| self.made(info))
    }

    fn made(&self, info: &RawValue) -> Arc<str> {
        let label = Arc::from(client_label(info));
        if info.get().len() <= LONGEST {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(info.get().into(), Arc::clone(&label));
        }
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_made_once_and_memory_stays_bounded() {
        let labels = ClientLabels::default();
        let info = |version: usize| {
            let json = format!(r#"{{"name":"Claude Code","version":"{version}"}}"#);
            RawValue::from_string(json).expect("JSON")
        };
        let first = labels.of(Some(&info(1)));
        assert_eq!(&*first, "Claude Code 1");
        assert!(Arc::ptr_eq(&first, &labels.of(Some(&info(1)))));
        for version in 0..2 * MOST {
            assert_eq!(
                *labels.of(Some(&info(version))),
                *client_label(&info(version))
            );
        }
        let kept = |labels: &ClientLabels| labels.known.read().expect("no panic").len();
        assert!((1..=MOST).contains(&kept(&labels)));
        let before = kept(&labels);
        let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(LONGEST));
        let long = RawValue::from_string(long).expect("JSON");
        assert_eq!(labels.of(Some(&long)).len(), 60);
        assert_eq!(kept(&labels), before);
    }
}
