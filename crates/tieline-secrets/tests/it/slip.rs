//! Slips: what is given out and brought back (U20 of the threat model).

use tieline_secrets::slip_length;

use crate::{SeededEntropy, key, ring};

#[test]
fn a_slip_opens_for_its_purpose_with_any_ring_that_holds_its_key() {
    let entropy = SeededEntropy::new(2);
    let slip = ring(1).seal_slip(&entropy, "state", b"inner \xff");
    assert_eq!(ring(1).open_slip("state", &slip).unwrap(), b"inner \xff");
    let rotated = ring(3).with_old(key(1));
    assert_eq!(rotated.open_slip("state", &slip).unwrap(), b"inner \xff");
    assert!(ring(1).open_slip("task", &slip).is_none());
    assert!(ring(3).open_slip("state", &slip).is_none());
    assert!(slip.len() <= slip_length(7) && slip.len() + 4 > slip_length(7));
    assert!(!slip.contains("inner"));
}

#[test]
fn no_changed_character_opens() {
    let entropy = SeededEntropy::new(2);
    let slip = ring(1).seal_slip(&entropy, "state", b"content");
    for at in 0..slip.len() {
        let other = if slip.as_bytes()[at] == b'A' {
            'B'
        } else {
            'A'
        };
        let mut changed: Vec<char> = slip.chars().collect();
        changed[at] = other;
        let changed: String = changed.into_iter().collect();
        assert!(ring(1).open_slip("state", &changed).is_none(), "{at}");
    }
    for odd in [
        "",
        "A",
        "AQ",
        "not base64!",
        &slip[..slip.len() - 2],
        &format!("{slip}AAAA"),
    ] {
        assert!(ring(1).open_slip("state", odd).is_none(), "{odd}");
    }
}
