//! What every page shares: the frame (assets and theme) and, for signed-in people, the navigation around the content.

use super::monogram::initials;

/// The outermost frame of a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Address of the folder of assets; its name changes with their content.
    pub assets: String,
    /// The chosen theme; `None` follows the system.
    pub theme: Option<Theme>,
}

/// A theme that somebody chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on light ground.
    Light,
    /// Light ink on dark ground.
    Dark,
}

impl Theme {
    /// The value of the cookie and of `data-theme`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the cookie's value; anything else means System.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }
}

impl Frame {
    /// Whether the menu shows this word (`system`, `light`, `dark`) as the chosen one.
    pub fn theme_is(&self, word: &str) -> bool {
        self.theme.map_or("system", Theme::word) == word
    }
}

/// Which entry of the navigation is the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// `/chat`
    Chat,
    /// `/connect`
    Connect,
    /// `/integrations`
    Integrations,
    /// `/activity`
    Activity,
    /// `/users`
    Users,
    /// `/settings`
    Settings,
    /// None of them: account pages, errors.
    Elsewhere,
}

/// The navigation around a page's content.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Assets and theme.
    pub frame: Frame,
    /// The organisation's name; empty when none is set.
    pub org: String,
    /// The signed-in person's name.
    pub name: String,
    /// Their initials.
    pub initials: String,
    /// Whether they administer Tieline.
    pub admin: bool,
    /// The current entry.
    pub section: Section,
    /// How many connectors are failing; the badge on Integrations.
    pub failing: usize,
    /// How many people have an account; shown to admins.
    pub people: String,
    /// Path and query of this page, to come back after a theme change.
    pub here: String,
    /// Address of the event stream that keeps this page current; empty when nothing on it changes.
    pub live: String,
    /// A message about what just happened.
    pub toast: Option<Toast>,
}

/// One line at the bottom of the page about what just happened. Never an error.
#[derive(Debug, Clone)]
pub struct Toast {
    /// What happened.
    pub text: String,
    /// Where to look at it: label and address.
    pub link: Option<(String, String)>,
    /// How to take it back: label and the address of the form.
    pub undo: Option<(String, String)>,
}

impl Toast {
    /// A message without a link.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            link: None,
            undo: None,
        }
    }
}

impl Shell {
    /// The shell of a signed-in person; the rest is filled in by the page.
    pub fn new(
        frame: Frame,
        org: impl Into<String>,
        name: impl Into<String>,
        admin: bool,
        section: Section,
    ) -> Self {
        let name = name.into();
        Self {
            frame,
            org: org.into(),
            initials: initials(&name),
            name,
            admin,
            section,
            failing: 0,
            people: String::new(),
            here: "/".to_owned(),
            live: String::new(),
            toast: None,
        }
    }

    /// "Admin" or "Member".
    pub const fn role(&self) -> &'static str {
        if self.admin { "Admin" } else { "Member" }
    }

    /// "Northwind", or "your company" where no name is set, for use inside a sentence.
    pub fn org_in_sentence(&self) -> &str {
        if self.org.is_empty() {
            "your company"
        } else {
            &self.org
        }
    }

    /// The `aria-current` of an entry.
    fn at(&self, section: Section) -> bool {
        self.section == section
    }

    /// The entries that everyone has.
    pub fn entries(&self) -> [Entry; 2] {
        use super::icon;
        [
            Entry {
                href: "/chat",
                label: "Chat",
                icon: icon::chat(16),
                current: self.at(Section::Chat),
            },
            Entry {
                href: "/connect",
                label: "Connect your client",
                icon: icon::terminal(16),
                current: self.at(Section::Connect),
            },
        ]
    }

    /// The entries under "Administration".
    pub fn admin_entries(&self) -> [Entry; 4] {
        use super::icon;
        [
            Entry {
                href: "/integrations",
                label: "Integrations",
                icon: icon::plug(16),
                current: self.at(Section::Integrations),
            },
            Entry {
                href: "/activity",
                label: "Activity",
                icon: icon::pulse(16),
                current: self.at(Section::Activity),
            },
            Entry {
                href: "/users",
                label: "Users",
                icon: icon::people(16),
                current: self.at(Section::Users),
            },
            Entry {
                href: "/settings",
                label: "Settings",
                icon: icon::sliders(16),
                current: self.at(Section::Settings),
            },
        ]
    }

    /// The word in the top bar of a phone.
    pub fn top_word(&self) -> &'static str {
        match self.section {
            Section::Chat => "Chat",
            Section::Connect => "Connect your client",
            Section::Integrations => "Integrations",
            Section::Activity => "Activity",
            Section::Users => "Users",
            Section::Settings => "Settings",
            Section::Elsewhere => "Tieline",
        }
    }
}

/// One entry of the navigation.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Where it leads.
    pub href: &'static str,
    /// Its words.
    pub label: &'static str,
    /// Its icon.
    pub icon: super::icon::Icon,
    /// Whether this is the page at hand.
    pub current: bool,
}

impl Entry {
    /// Whether this is the given page, for the badges.
    pub fn is(&self, href: &str) -> bool {
        self.href == href
    }
}
