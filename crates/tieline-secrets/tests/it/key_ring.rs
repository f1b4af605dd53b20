//! Sealing and opening (S02 to S06, S09 of the threat model).

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use tieline_domain::Entropy;
use tieline_secrets::{Binding, KeyId8, KeyRing, OpenError, Sealed, SealedError};

use crate::{BINDING, SeededEntropy, key, ring};

const CANARY: &str = "canary-Bearer-5f0c2b7e91d84a63b7c1";

#[test]
fn a_sealed_credential_opens_in_its_place_and_does_not_show_it() {
    let (ring, entropy) = (ring(1), SeededEntropy::new(2));
    let sealed = ring.seal(&entropy, &BINDING, CANARY);
    let stored = Sealed::from_bytes(sealed.as_bytes().to_vec()).unwrap();
    assert_eq!(ring.open(&BINDING, &stored).unwrap().as_str(), CANARY);
    assert_eq!(stored.key_id(), ring.key_id());

    let hidden = |needle: &[u8]| {
        !sealed
            .as_bytes()
            .windows(needle.len())
            .any(|window| window == needle)
    };
    assert!(hidden(CANARY.as_bytes()));
    assert!(hidden(&CANARY.as_bytes()[..8]));
    assert!(hidden(STANDARD.encode(CANARY).as_bytes()));
}

/// S02 and S03: the ciphertext is moved to another row, or what it is bound to is edited.
#[test]
fn it_does_not_open_anywhere_else() {
    let (ring, entropy) = (ring(1), SeededEntropy::new(2));
    let sealed = ring.seal(&entropy, &BINDING, CANARY);
    let others = [
        Binding {
            table: "models",
            ..BINDING
        },
        Binding {
            row: "019aac00-0000-7000-8000-000000000002",
            ..BINDING
        },
        Binding {
            field: "refresh",
            ..BINDING
        },
        Binding {
            header: "X-Api-Key",
            ..BINDING
        },
        Binding {
            origin: "http://mcp.example.com:80",
            ..BINDING
        },
        Binding {
            origin: "https://evil.example:443",
            ..BINDING
        },
        Binding {
            origin: "https://mcp.example.com:8443",
            ..BINDING
        },
        // The same text in all, but divided in another way.
        Binding {
            header: "Authorizationhttps:",
            origin: "//mcp.example.com:443",
            ..BINDING
        },
    ];
    for other in others {
        assert_eq!(
            ring.open(&other, &sealed).unwrap_err(),
            OpenError::Changed,
            "{other:?}"
        );
    }
    assert_eq!(OpenError::Changed.code(), "secret_unreadable");
}

#[test]
fn the_halves_of_two_credentials_do_not_fit_together() {
    let (ring, entropy) = (ring(1), SeededEntropy::new(2));
    let one = ring
        .seal(&entropy, &BINDING, "one-secret")
        .as_bytes()
        .to_vec();
    let two = ring
        .seal(&entropy, &BINDING, "two-secret")
        .as_bytes()
        .to_vec();
    // Version, key id and wrapped data key take 77 bytes.
    let mixed = [&one[..77], &two[77..]].concat();
    let mixed = Sealed::from_bytes(mixed).unwrap();
    assert_eq!(ring.open(&BINDING, &mixed).unwrap_err(), OpenError::Changed);
}

/// S04.
#[test]
fn a_data_key_opens_its_own_credential_only() {
    let (ring, entropy) = (ring(1), SeededEntropy::new(8));
    let one = ring.seal(&entropy, &BINDING, "Bearer first");
    let other = ring.seal(&entropy, &BINDING, "Bearer second");
    let data_key = ring.unwrap_data_key(&BINDING, &one).unwrap();
    for _ in 0..2 {
        assert_eq!(data_key.open(&one).unwrap().as_str(), "Bearer first");
        assert_eq!(data_key.open(&other).unwrap_err(), OpenError::Changed);
    }
    let elsewhere = Binding {
        origin: "https://evil.example:443",
        ..BINDING
    };
    assert_eq!(
        ring.unwrap_data_key(&elsewhere, &one).unwrap_err(),
        OpenError::Changed
    );
    assert_eq!(format!("{data_key:?}"), "DataKey(…)");
}

#[test]
fn a_thousand_flipped_bits_give_a_thousand_errors() {
    let (ring, entropy) = (ring(1), SeededEntropy::new(2));
    let whole = ring.seal(&entropy, &BINDING, CANARY).as_bytes().to_vec();
    let choose = SeededEntropy::new(3);
    for _ in 0..1000 {
        let mut random = [0; 8];
        choose.fill(&mut random);
        let bit = usize::try_from(u64::from_be_bytes(random) % (whole.len() as u64 * 8)).unwrap();
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match Sealed::from_bytes(damaged) {
            Err(SealedError::Version { version }) => assert_ne!(version, 1),
            Err(error) => panic!("bit {bit}: {error}"),
            Ok(sealed) => assert!(ring.open(&BINDING, &sealed).is_err(), "bit {bit}"),
        }
    }
}

#[test]
fn a_credential_that_was_cut_off_is_an_error() {
    let (ring, entropy) = (ring(1), SeededEntropy::new(2));
    let whole = ring.seal(&entropy, &BINDING, CANARY).as_bytes().to_vec();
    for length in 0..whole.len() {
        let opened =
            Sealed::from_bytes(whole[..length].to_vec()).map(|sealed| ring.open(&BINDING, &sealed));
        assert!(matches!(opened, Err(_) | Ok(Err(_))), "{length} bytes");
    }
}

/// S05: nonces, data keys and whole ciphertexts never repeat, also for the same secret in the same place.
#[test]
fn nothing_repeats_when_the_same_secret_is_sealed_again() {
    let (ring, entropy) = (ring(1), SeededEntropy::new(2));
    let mut wrapping_nonces = HashSet::new();
    let mut wrapped_keys = HashSet::new();
    let mut data = HashSet::new();
    for _ in 0..20_000 {
        let bytes = ring.seal(&entropy, &BINDING, CANARY).as_bytes().to_vec();
        assert!(wrapping_nonces.insert(bytes[5..29].to_vec()));
        assert!(wrapped_keys.insert(bytes[29..77].to_vec()));
        assert!(data.insert(bytes[77..].to_vec()));
    }
}

/// S06.
#[test]
fn another_key_is_noticed_before_anything_is_opened() {
    let (right, wrong) = (ring(1), ring(9));
    let stored = right.check_value();
    right.verify_check(&stored).unwrap();
    let error = wrong.verify_check(&stored).unwrap_err();
    assert_eq!(error.expected_id, right.key_id().to_string());
    assert_eq!(error.actual_id, wrong.key_id().to_string());
    assert!(error.to_string().contains(&right.key_id().to_string()));
    assert!(error.to_string().contains(&wrong.key_id().to_string()));

    let mut damaged = stored.clone();
    damaged[20] ^= 1;
    assert!(right.verify_check(&damaged).is_err());
    assert!(right.verify_check(&[]).is_err());
    assert!(right.verify_check(&stored[..35]).is_err());

    let sealed = right.seal(&SeededEntropy::new(2), &BINDING, CANARY);
    let error = wrong.open(&BINDING, &sealed).unwrap_err();
    assert_eq!(
        error,
        OpenError::UnknownKey {
            sealed_with: right.key_id(),
            current: wrong.key_id()
        }
    );
}

/// S09, as far as a ring goes: the old key opens until all is sealed again, then it can leave.
#[test]
fn a_rotation_reseals_with_the_new_key() {
    let entropy = SeededEntropy::new(2);
    let (old, both, new) = (ring(1), ring(9).with_old(key(1)), ring(9));
    let sealed = old.seal(&entropy, &BINDING, CANARY);
    both.verify_check(&old.check_value()).unwrap();
    assert_eq!(both.old_key_ids(), [old.key_id()]);
    assert_eq!(both.open(&BINDING, &sealed).unwrap().as_str(), CANARY);

    let again = both.reseal(&entropy, &BINDING, &sealed).unwrap().unwrap();
    assert_eq!(again.key_id(), new.key_id());
    assert_eq!(new.open(&BINDING, &again).unwrap().as_str(), CANARY);
    assert!(both.reseal(&entropy, &BINDING, &again).unwrap().is_none());
    let moved = Binding {
        row: "other",
        ..BINDING
    };
    assert_eq!(
        both.reseal(&entropy, &moved, &sealed).unwrap_err(),
        OpenError::Changed
    );
}

#[test]
fn a_key_file_keeps_all_keys_in_order() {
    let both = ring(9).with_old(key(1));
    let text = format!("# current\n\n{}", both.to_file_text().as_str());
    let read = KeyRing::parse(&text).unwrap();
    assert_eq!(read.key_id(), ring(9).key_id());
    assert_eq!(read.old_key_ids(), [ring(1).key_id()]);
}

#[test]
fn audit_entries_have_a_key_of_their_own() {
    let (one, two, both) = (ring(1), ring(9), ring(9).with_old(key(1)));
    assert_eq!(one.audit_mac(b"entry"), one.audit_mac(b"entry"));
    assert_ne!(one.audit_mac(b"entry"), one.audit_mac(b"other"));
    assert_ne!(one.audit_mac(b"entry"), two.audit_mac(b"entry"));
    assert_eq!(
        both.audit_mac_of(one.key_id(), b"entry"),
        Some(one.audit_mac(b"entry"))
    );
    assert_eq!(two.audit_mac_of(one.key_id(), b"entry"), None);
    // Had it the key of the check value, this would be a part of it.
    assert_ne!(
        one.audit_mac(b"tieline check value"),
        one.check_value()[4..]
    );
}

#[test]
fn debug_text_shows_ids_only() {
    let (ring, entropy) = (ring(1), SeededEntropy::new(2));
    let sealed = ring.seal(&entropy, &BINDING, CANARY);
    let text = format!("{ring:?} {sealed:?} {:?}", key(1));
    assert!(!text.contains(ring.to_file_text().trim()));
    assert!(text.contains("[redacted]"));
    assert!(text.len() < 200, "{text}");
    assert_eq!(KeyId8::from_bytes([0, 0xAB, 1, 2]).to_string(), "00ab0102");
}

proptest! {
    #[test]
    fn every_secret_comes_back_as_it_was(secret in any::<String>(), row in any::<String>(), seed in any::<u64>()) {
        let ring = ring(1);
        let binding = Binding { row: &row, ..BINDING };
        let sealed = ring.seal(&SeededEntropy::new(seed), &binding, &secret);
        let stored = Sealed::from_bytes(sealed.as_bytes().to_vec()).unwrap();
        let opened = ring.open(&binding, &stored).unwrap();
        prop_assert_eq!(opened.as_str(), secret.as_str());
    }
}
