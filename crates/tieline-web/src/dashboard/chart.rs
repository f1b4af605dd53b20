//! Bars of calls over time, as SVG geometry: positions are computed here so that the template only writes them.

use std::fmt;

/// A bar chart: one bar per interval, failures in red at the base.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Width of the drawing.
    pub width: u16,
    /// Height of the drawing.
    pub height: u16,
    /// The bars, left to right; an interval with failures has two.
    pub bars: Vec<Bar>,
    /// The chart as one sentence, for people who do not see it.
    pub sentence: String,
}

/// One rectangle.
#[derive(Debug, Clone)]
pub struct Bar {
    /// `""`, `"x"` for failures, `"z"` for an interval without calls.
    pub class: &'static str,
    /// Left edge.
    pub x: Tenths,
    /// Top edge.
    pub y: Tenths,
    /// Width.
    pub w: Tenths,
    /// Height.
    pub h: Tenths,
}

/// The counts of one interval.
#[derive(Debug, Clone, Copy, Default)]
pub struct Interval {
    /// All calls.
    pub calls: u32,
    /// Those that failed.
    pub failed: u32,
}

impl Chart {
    /// The small chart of a list row.
    pub fn spark(intervals: &[Interval]) -> Self {
        Self::draw(intervals, 84, 22, 1.6)
    }

    /// A wide chart.
    pub fn wide(intervals: &[Interval], width: u16, height: u16) -> Self {
        Self::draw(intervals, width, height, 1.6)
    }

    fn draw(intervals: &[Interval], width: u16, height: u16, gap: f64) -> Self {
        let calls: u64 = intervals
            .iter()
            .map(|interval| u64::from(interval.calls))
            .sum();
        let failed: u64 = intervals
            .iter()
            .map(|interval| u64::from(interval.failed))
            .sum();
        let most = f64::from(
            intervals
                .iter()
                .map(|interval| interval.calls)
                .max()
                .unwrap_or(0)
                .max(1),
        );
        let count = u32::try_from(intervals.len().max(1)).unwrap_or(u32::MAX);
        let pitch = f64::from(width) / f64::from(count);
        let tall = f64::from(height);
        let mut bars = Vec::with_capacity(intervals.len());
        for (position, interval) in (0_u32..).zip(intervals) {
            let x = f64::from(position) * pitch;
            let mut bar = |class, height: f64| {
                bars.push(Bar {
                    class,
                    x: Tenths::of(x),
                    y: Tenths::of(tall - height),
                    w: Tenths::of(pitch - gap),
                    h: Tenths::of(height),
                });
            };
            // 2 px stay free above, and a single call among thousands is still a visible bar.
            let scaled = |calls: u32| (f64::from(calls) / most * (tall - 2.0)).max(2.0);
            if interval.calls == 0 {
                bar("z", 1.5);
            } else {
                bar("", scaled(interval.calls));
            }
            if interval.failed > 0 {
                bar("x", scaled(interval.failed));
            }
        }
        Self {
            width,
            height,
            bars,
            sentence: sentence(calls, failed),
        }
    }
}

/// A length with one digit behind the point. A page has thousands, and the library's rounding of fractions is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenths(i32);

impl Tenths {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "lengths of drawings are below 65,536, and a cast of anything larger saturates"
    )]
    fn of(length: f64) -> Self {
        Self((length * 10.0).round() as i32)
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let tenths = self.0.unsigned_abs();
        write!(f, "{sign}{}.{}", tenths / 10, tenths % 10)
    }
}

fn sentence(calls: u64, failed: u64) -> String {
    match (calls, failed) {
        (0, _) => "No calls in the last 24 hours".to_owned(),
        (1, 0) => "1 call in the last 24 hours, none failed".to_owned(),
        (calls, 0) => format!("{calls} calls in the last 24 hours, none failed"),
        (calls, failed) => format!("{calls} calls in the last 24 hours, {failed} failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Chart, Interval, Tenths};

    #[test]
    fn bars_fit_the_drawing_and_failures_stand_at_the_base() {
        let intervals = [
            Interval {
                calls: 10,
                failed: 2,
            },
            Interval::default(),
            Interval {
                calls: 5,
                failed: 0,
            },
        ];
        let chart = Chart::spark(&intervals);
        assert_eq!(
            chart.bars.iter().map(|bar| bar.class).collect::<Vec<_>>(),
            ["", "x", "z", ""]
        );
        assert_eq!(
            (
                chart.bars[0].y.to_string(),
                chart.bars[0].h.to_string(),
                Tenths::of(-0.04).to_string(),
                Tenths::of(-1.25).to_string()
            ),
            (
                "2.0".to_owned(),
                "20.0".to_owned(),
                "0.0".to_owned(),
                "-1.3".to_owned()
            )
        );
        assert_eq!(chart.sentence, "15 calls in the last 24 hours, 2 failed");
    }
}
