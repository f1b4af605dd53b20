//! What an invited person sees.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::parts::Field;
use crate::dashboard::sign_in::view::Bare;

/// `/invitation?code=…`
#[derive(Debug, Clone, Template)]
#[template(path = "invitation/page.html")]
pub struct InvitationPage {
    /// Assets and theme.
    pub shell: Bare,
    /// The organisation's name; empty when none is set.
    pub org: String,
    /// "Welcome to Tieline", or what is wrong.
    pub title: String,
    /// Why the link does not work (any more).
    pub refused: Option<String>,
    /// Who invited, and as what.
    pub lead: String,
    /// The one-time code of the link.
    pub code: String,
    /// The invited address.
    pub email: String,
    /// The new password.
    pub password: Field,
}
