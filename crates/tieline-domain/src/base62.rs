//! Base62 text (digits, upper case, lower case) for keys and codes that people copy.

use crate::time::Entropy;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Appends `count` random characters. Bytes of 248 and above are thrown away, so every character is equally likely.
pub(crate) fn push_random(text: &mut String, count: usize, entropy: &dyn Entropy) {
    let mut left = count;
    let mut bytes = zeroize::Zeroizing::new([0_u8; 64]);
    while left > 0 {
        entropy.fill(bytes.as_mut());
        for byte in bytes.iter().filter(|byte| **byte < 248).take(left) {
            text.push(char::from(ALPHABET[usize::from(*byte) % 62]));
            left -= 1;
        }
    }
}

/// The number as six characters, padded with zeros; 62⁶ is above 2³², so it always fits.
pub(crate) fn six(number: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::six;

    #[test]
    fn six_pads_and_holds_the_largest_number() {
        assert_eq!(&six(0), b"000000");
        assert_eq!(&six(61), b"00000z");
        assert_eq!(&six(62), b"000010");
        assert_eq!(&six(u32::MAX), b"4gfFC3");
    }
}
