//! What we read from a certificate ourselves, to show it: whose it is and when it ends. Everything else is the
//! verifier's work.

/// `notAfter` of an X.509 certificate in unix seconds; nothing when it is not where RFC 5280 puts it.
pub(super) fn not_after(der: &[u8]) -> Option<u64> {
    let (validity, _) = validity(der)?;
    let after = validity.any()?.1;
    let (tag, text) = (*after.0.first()?, after.any()?.0);
    seconds(tag, std::str::from_utf8(text.0).ok()?)
}

/// The common name of whom a certificate is for, or else the organisation's; nothing when it names neither.
pub(super) fn subject(der: &[u8]) -> Option<String> {
    const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
    const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];
    let (_, rest) = validity(der)?;
    let mut sets = rest.value(0x30)?.0;
    let mut organisation = None;
    while !sets.0.is_empty() {
        let (set, others) = sets.value(0x31)?;
        sets = others;
        let (kind, text) = set.value(0x30)?.0.value(0x06)?;
        let text = String::from_utf8_lossy(text.any()?.0.0).into_owned();
        match kind.0 {
            COMMON_NAME => return Some(text),
            ORGANISATION => organisation = Some(text),
            _ => {}
        }
    }
    organisation
}

/// The two times of a certificate, and what follows them.
fn validity(der: &[u8]) -> Option<(Der<'_>, Der<'_>)> {
    let certificate = Der(der).value(0x30)?.0;
    let mut fields = Der(certificate.value(0x30)?.0.0);
    if fields.0.first() == Some(&0xa0) {
        fields = fields.value(0xa0)?.1; // version
    }
    fields = fields.value(0x02)?.1; // serial number
    fields = fields.value(0x30)?.1; // signature algorithm
    fields = fields.value(0x30)?.1; // issuer
    fields.value(0x30)
}

#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Content of the first element when it has this tag, and what follows it.
    fn value(self, tag: u8) -> Option<(Self, Self)> {
        if self.0.first() != Some(&tag) {
            return None;
        }
        self.any()
    }

    fn any(self) -> Option<(Self, Self)> {
        let short = *self.0.get(1)?;
        let (length, start) = match short {
            0..=0x7f => (usize::from(short), 2),
            0x81..=0x83 => {
                let count = usize::from(short & 0x7f);
                let bytes = self.0.get(2..2 + count)?;
                (
                    bytes
                        .iter()
                        .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
                    2 + count,
                )
            }
            _ => return None,
        };
        let content: &'a [u8] = self.0.get(start..start + length)?;
        Some((Self(content), Self(&self.0[start + length..])))
    }
}

/// `YYMMDDHHMMSSZ` (`UTCTime`, 0x17) or `YYYYMMDDHHMMSSZ` (`GeneralizedTime`, 0x18).
fn seconds(tag: u8, text: &str) -> Option<u64> {
    let digits = text.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (tag, digits.len()) {
        (0x17, 12) => {
            let short: u64 = digits[..2].parse().ok()?;
            (
                if short < 50 {
                    2000 + short
                } else {
                    1900 + short
                },
                &digits[2..],
            )
        }
        (0x18, 14) => (digits[..4].parse().ok()?, &digits[4..]),
        _ => return None,
    };
    let two = |at: usize| rest[at..at + 2].parse::<u64>().ok();
    let days = days_from_civil(year, two(0)?, two(2)?)?;
    Some(days * 86_400 + two(4)? * 3_600 + two(6)? * 60 + two(8)?)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 {
        year.checked_sub(1)?
    } else {
        year
    };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era_days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    (era * 146_097 + of_era_days).checked_sub(719_468)
}

/// A time in unix seconds as a date for people, like "2 October 2026".
pub(super) fn date(seconds: u64) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let days = seconds / 86_400 + 719_468;
    let (era, of_era_days) = (days / 146_097, days % 146_097);
    let of_era =
        (of_era_days - of_era_days / 1_460 + of_era_days / 36_524 - of_era_days / 146_096) / 365;
    let of_year = of_era_days - (365 * of_era + of_era / 4 - of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = (shifted + 2) % 12;
    let year = era * 400 + of_era + u64::from(month < 2);
    let name = usize::try_from(month)
        .ok()
        .and_then(|at| MONTHS.get(at))
        .unwrap_or(&"?");
    format!("{day} {name} {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1 January 1970"),
            (951_782_400, "29 February 2000"),
            (1_790_899_200, "2 October 2026"),
            (4_102_444_799, "31 December 2099"),
        ] {
            assert_eq!(date(seconds), text);
        }
    }

    #[test]
    fn both_time_forms_are_read() {
        assert_eq!(seconds(0x17, "700101000000Z"), Some(0));
        assert_eq!(seconds(0x17, "261002000000Z"), Some(1_790_899_200));
        assert_eq!(seconds(0x18, "20991231235959Z"), Some(4_102_444_799));
        for (tag, odd) in [
            (0x17, "2610020000Z"),
            (0x18, "20261302000000Z"),
            (0x17, "26100200000éZ"),
        ] {
            assert_eq!(seconds(tag, odd), None, "{odd}");
        }
    }

    #[test]
    fn cut_certificates_are_nothing() {
        let der = [0x30, 0x82, 0x01, 0x00, 0x30, 0x03, 0x02, 0x01];
        for end in 0..der.len() {
            assert_eq!(not_after(&der[..end]), None);
            assert_eq!(subject(&der[..end]), None);
        }
    }
}
