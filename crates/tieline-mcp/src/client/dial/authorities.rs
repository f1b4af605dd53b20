//! Certificate authorities that an admin adds to those of the machine: read before they are trusted.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::certificate;
use crate::client::error::plain;

/// A certificate authority, as an admin recognises it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Its name.
    pub subject: String,
    /// When it ends, in unix seconds, if it says so.
    pub not_after: Option<u64>,
}

/// What was given is not a list of certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// Nothing in it looks like a certificate.
    #[error(
        "There is no certificate in it. Paste PEM text: it begins with -----BEGIN CERTIFICATE-----."
    )]
    Nothing,
    /// One of them cannot be used.
    #[error("Certificate {number} cannot be read. Paste it again, whole, from BEGIN to END.")]
    Unreadable {
        /// Which one, counted from 1.
        number: usize,
    },
}

impl AuthorityError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "certificate_missing",
            Self::Unreadable { .. } => "certificate_unreadable",
        }
    }
}

/// All certificates of a PEM text, or what is wrong with it. An empty text has none.
pub fn read_authorities(pem: &str) -> Result<Vec<Authority>, AuthorityError> {
    if pem.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let number = found.len() + 1;
        let unreadable = AuthorityError::Unreadable { number };
        let certificate = certificate.map_err(|_| unreadable.clone())?;
        let (subject, not_after) = (
            certificate::subject(&certificate),
            certificate::not_after(&certificate),
        );
        // The verifier decides what it can trust, not our own reading of it.
        RootCertStore::empty()
            .add(certificate)
            .map_err(|_| unreadable)?;
        found.push(Authority {
            subject: subject.map_or_else(|| "No name".to_owned(), |name| plain(&name, 100)),
            not_after,
        });
    }
    if found.is_empty() {
        return Err(AuthorityError::Nothing);
    }
    Ok(found)
}
