//! One look over many bytes at once.

/// How many bytes are looked at together: what every processor's registers divide evenly.
const LANES: usize = 32;

/// The least of the bytes, and all bits that any of them has.
///
/// Each lane has a result of its own until the end, which compilers turn into wide instructions wherever this is called
/// from. Without a call, what stands around it has kept them from doing so.
#[inline(never)]
pub(super) fn least_and_bits(bytes: &[u8]) -> (u8, u8) {
    let (mut least, mut bits) = ([u8::MAX; LANES], [0; LANES]);
    let (wide, rest) = bytes.as_chunks::<LANES>();
    for chunk in wide {
        for lane in 0..LANES {
            least[lane] = least[lane].min(chunk[lane]);
            bits[lane] |= chunk[lane];
        }
    }
    let least = least.iter().chain(rest).fold(u8::MAX, |a, b| a.min(*b));
    let bits = bits.iter().chain(rest).fold(0, |a, b| a | b);
    (least, bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_is_overlooked() {
        assert_eq!(least_and_bits(b""), (u8::MAX, 0));
        for length in 1..100 {
            for at in 0..length {
                let mut bytes = vec![b'b'; length];
                bytes[at] = 1;
                let others = if length > 1 { b'b' } else { 0 };
                assert_eq!(least_and_bits(&bytes), (1, others | 1), "{at} of {length}");
                bytes[at] = 0x80;
                let least = if length > 1 { b'b' } else { 0x80 };
                assert_eq!(least_and_bits(&bytes), (least, others | 0x80));
            }
        }
    }
}
