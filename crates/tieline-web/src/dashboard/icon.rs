//! The icons: an own 16 px grid with a 1.5 px stroke, written into the page as SVG and hidden from screen readers.
//!
//! A new icon is one more function here. Nothing in this file may come from a request: the text is written unescaped.

use std::fmt;

use askama::filters::HtmlSafe;

/// One icon, ready to be written into a page.
#[derive(Debug, Clone, Copy)]
pub struct Icon {
    size: u8,
    stroke: &'static str,
    body: &'static str,
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, stroke, body } = self;
        write!(
            f,
            "<svg width=\"{size}\" height=\"{size}\" viewBox=\"0 0 16 16\" fill=\"none\" stroke=\"currentColor\" \
             stroke-width=\"{stroke}\" stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\">{body}</svg>"
        )
    }
}

// Only the constants of this file can become an `Icon`, so the text is known to be safe HTML.
impl HtmlSafe for Icon {}

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident $stroke:literal $body:literal;)+) => {
        $($(#[$doc])* pub const fn $name(size: u8) -> Icon {
            Icon { size, stroke: $stroke, body: $body }
        })+
    };
}

icons! {
    /// Chat, and a conversation.
    chat "1.5" r#"<path d="M2.75 4.75a2 2 0 0 1 2-2h6.5a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2H7.6l-3 2.5v-2.5a1.85 1.85 0 0 1-1.85-1.85z"/>"#;
    /// A terminal: connect your client.
    terminal "1.5" r#"<rect x="1.75" y="2.75" width="12.5" height="10.5" rx="2"/><path d="m4.5 6 2 2-2 2m4 0h3"/>"#;
    /// A plug: integrations.
    plug "1.5" r#"<path d="M5.5 2v3m5-3v3M3.75 5h8.5v2.25a4.25 4.25 0 0 1-8.5 0zM8 11.5V14"/>"#;
    /// A pulse: activity.
    pulse "1.5" r#"<path d="M1.75 8.25h2.6l1.9-5 3.2 9.5 2-4.5h2.8"/>"#;
    /// People: users.
    people "1.5" r#"<circle cx="6" cy="5.25" r="2.5"/><path d="M1.75 13c.3-2.5 1.9-4 4.25-4s3.95 1.5 4.25 4M10.5 3a2.4 2.4 0 0 1 0 4.6m1 1.7c1.6.5 2.55 1.8 2.75 3.7"/>"#;
    /// Sliders: settings.
    sliders "1.5" r#"<path d="M2.5 4.5h6m3 0h2m-11 7h2m3 0h6"/><circle cx="10" cy="4.5" r="1.5"/><circle cx="6" cy="11.5" r="1.5"/>"#;
    /// The menu button on a phone.
    burger "1.5" r#"<path d="M2.5 4.5h11m-11 3.75h11M2.5 12h11"/>"#;
    /// A pane at the right: what a session has.
    panel "1.5" r#"<rect x="1.75" y="2.75" width="12.5" height="10.5" rx="2"/><path d="M10 2.75v10.5"/>"#;
    /// A square: stop.
    stop "1.5" r#"<rect x="4" y="4" width="8" height="8" rx="1.5" fill="currentColor" stroke="none"/>"#;
    /// Add something.
    plus "1.5" r#"<path d="M8 3v10M3 8h10"/>"#;
    /// Something is wrong or needs care.
    warning "1.5" r#"<path d="M8 2.25 14.25 13H1.75z"/><path d="M8 6.5v3M8 11.2v.1"/>"#;
    /// Search.
    search "1.5" r#"<circle cx="7" cy="7" r="4.25"/><path d="m10.2 10.2 3.3 3.3"/>"#;
    /// Three dots: more actions.
    dots "1.5" r#"<g fill="currentColor" stroke="none"><circle cx="3.5" cy="8" r="1.3"/><circle cx="8" cy="8" r="1.3"/><circle cx="12.5" cy="8" r="1.3"/></g>"#;
    /// A thin chevron to the right, for breadcrumbs and rows.
    chevron_right "1.5" r#"<path d="m6 3.5 4.5 4.5L6 12.5"/>"#;
    /// A bold chevron to the right, for Advanced settings.
    chevron_bold "2" r#"<path d="m6 3.5 4.5 4.5L6 12.5"/>"#;
    /// A chevron down, for selects.
    chevron_down "1.5" r#"<path d="m3.5 6 4.5 4.5L12.5 6"/>"#;
    /// An eye: show a hidden value.
    eye "1.5" r#"<path d="M1.5 8S3.75 3.75 8 3.75 14.5 8 14.5 8 12.25 12.25 8 12.25 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="1.9"/>"#;
    /// A check mark.
    check "2" r#"<path d="m3.25 8.5 3.1 3.1 6.4-7"/>"#;
    /// A heavier check mark, for nodes on the line.
    check_bold "2.2" r#"<path d="m3.25 8.5 3.1 3.1 6.4-7"/>"#;
    /// A cross, for the node where the line broke.
    cross "2.2" r#"<path d="m4 4 8 8m0-8-8 8"/>"#;
    /// An exclamation mark, for a node that passed with a warning.
    bang "2.2" r#"<path d="M8 3.5v5M8 12.2v.1"/>"#;
    /// Do it again.
    again "1.5" r#"<path d="M13 8a5 5 0 1 1-1.5-3.6M13 2.5v2.75h-2.75"/>"#;
    /// A closed lock.
    lock "1.5" r#"<rect x="3" y="7" width="10" height="6.5" rx="1.75"/><path d="M5.25 7V5a2.75 2.75 0 0 1 5.5 0v2"/>"#;
    /// Copy to the clipboard.
    copy "1.5" r#"<rect x="5.5" y="5.5" width="8" height="8" rx="1.75"/><path d="M10.5 5.5v-1.25a1.75 1.75 0 0 0-1.75-1.75h-4.5A1.75 1.75 0 0 0 2.5 4.25v4.5c0 .97.78 1.75 1.75 1.75H5.5"/>"#;
    /// A circled i.
    info "1.5" r#"<circle cx="8" cy="8" r="6"/><path d="M8 7.4v3.4M8 5.1v.1"/>"#;
    /// A pencil: edit.
    pencil "1.5" r#"<path d="m10.6 3 2.4 2.4-7.4 7.4-3 .6.6-3z"/>"#;
    /// A key.
    key "1.5" r#"<circle cx="5.25" cy="10.75" r="2.75"/><path d="m7.2 8.8 5.6-5.6m-2.3 2.3 1.8 1.8"/>"#;
    /// On and off.
    power "1.5" r#"<path d="M8 2.25v5.5M4.6 4.3a5 5 0 1 0 6.8 0"/>"#;
    /// A bin: remove.
    bin "1.5" r#"<path d="M3 4.5h10M6.5 4.5v-1.75h3v1.75m-5 0 .6 8.75h5.8l.6-8.75"/>"#;
    /// A keyboard.
    keyboard "1.5" r#"<rect x="1.75" y="3.75" width="12.5" height="8.5" rx="1.5"/><path d="M4.5 6.5h.01M7 6.5h.01M9.5 6.5h.01M12 6.5h.01M5 9.5h6"/>"#;
    /// A door with an arrow: sign out.
    leave "1.5" r#"<path d="M9.5 2.75h-5v10.5h5M7.5 8h6m0 0-2.2-2.2M13.5 8l-2.2 2.2"/>"#;
    /// An arrow onto a line: export.
    download "1.5" r#"<path d="M8 2.5v8m0 0 3.25-3.25M8 10.5 4.75 7.25M3 13.25h10"/>"#;
    /// An arrow to another site.
    outside "1.5" r#"<path d="M6.5 3.25h-3v9.25h9.25v-3M9 2.75h4.25V7M13 3 7.5 8.5"/>"#;
}

/// The shape that goes with a status word: never colour alone.
#[derive(Debug, Clone, Copy)]
pub struct Shape(&'static str);

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

// As for `Icon`: only the constants below can be inside.
impl HtmlSafe for Shape {}

macro_rules! shape {
    ($body:literal) => {
        Shape(concat!(
            r#"<svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">"#,
            $body,
            "</svg>"
        ))
    };
}

impl Shape {
    /// Circle: it works.
    pub const CIRCLE: Self = shape!(r#"<circle cx="5" cy="5" r="4" fill="currentColor"/>"#);
    /// Triangle: slow, or works with a warning.
    pub const TRIANGLE: Self = shape!(r#"<path d="M5 .8 9.6 9H.4z" fill="currentColor"/>"#);
    /// Square: failing.
    pub const SQUARE: Self =
        shape!(r#"<rect x="1" y="1" width="8" height="8" rx="1.6" fill="currentColor"/>"#);
    /// Diamond: tools changed.
    pub const DIAMOND: Self = shape!(r#"<path d="m5 .4 4.6 4.6L5 9.6.4 5z" fill="currentColor"/>"#);
    /// Ring: off.
    pub const RING: Self = shape!(
        r#"<circle cx="5" cy="5" r="3.4" fill="none" stroke="currentColor" stroke-width="1.6"/>"#
    );
    /// Spinner: a check is under way.
    pub const SPINNER: Self = Self(r#"<span class="spin sm" aria-hidden="true"></span>"#);
}

/// The mark of the product: two nodes and the line between them.
#[derive(Debug, Clone, Copy)]
pub struct Mark(u8);

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0;
        write!(
            f,
            "<svg width=\"{size}\" height=\"{size}\" viewBox=\"0 0 24 24\" fill=\"none\" aria-hidden=\"true\">\
             <circle class=\"acc-s\" cx=\"5\" cy=\"17\" r=\"3.1\" stroke-width=\"2.4\"/>\
             <circle class=\"acc-f\" cx=\"19\" cy=\"7\" r=\"3.9\"/>\
             <path class=\"acc-s\" d=\"M8.1 17h2.4c4 0 1.6-10 5.2-10\" stroke-width=\"2.4\"/></svg>"
        )
    }
}

// A number and constants.
impl HtmlSafe for Mark {}

/// The mark at a given size in pixels.
pub const fn mark(size: u8) -> Mark {
    Mark(size)
}
