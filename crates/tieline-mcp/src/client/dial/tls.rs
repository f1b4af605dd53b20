//! Encryption: whom we trust, and what a failed handshake means.

use std::io;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use super::certificate;
use crate::client::error::{Failure, plain};

/// The certificate authorities could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// The extra authorities are not certificates in PEM form.
    #[error(
        "the extra certificate authorities can’t be read ({reason}). Give certificates in PEM form."
    )]
    ExtraAuthorities {
        /// What is wrong with them.
        reason: String,
    },
    /// The encryption library refused its own defaults.
    #[error("encryption can’t be set up ({reason})")]
    Library {
        /// What it said.
        reason: String,
    },
}

/// TLS 1.2 and 1.3, the machine's authorities and the extra ones, HTTP/2 preferred. There is no switch to trust anybody.
pub(crate) fn tls_config(extra_ca_pem: Option<&str>) -> Result<ClientConfig, TlsSetupError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::warn!(%error, "some certificate authorities of this machine can’t be read");
    }
    let (added, _) = roots.add_parsable_certificates(native.certs);
    if added == 0 {
        tracing::warn!(
            "this machine has no certificate authorities: https servers can’t be verified"
        );
    }
    if let Some(pem) = extra_ca_pem {
        add_extra(&mut roots, pem)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| TlsSetupError::Library {
            reason: error.to_string(),
        })?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn add_extra(roots: &mut RootCertStore, pem: &str) -> Result<(), TlsSetupError> {
    let unreadable = |reason: String| TlsSetupError::ExtraAuthorities { reason };
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| unreadable(error.to_string()))?;
        count += 1;
    }
    if count == 0 {
        return Err(unreadable("no certificate in it".to_owned()));
    }
    Ok(())
}

/// What a failed handshake means for the admin.
pub(super) fn explain(error: &io::Error, host: &str) -> Failure {
    let Some(tls) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    else {
        let reason = "the server closed the connection".to_owned();
        return Failure::TlsFailed {
            host: host.to_owned(),
            reason,
        };
    };
    match tls {
        rustls::Error::InvalidCertificate(problem) => explain_certificate(problem, host),
        rustls::Error::InvalidMessage(_) => Failure::TlsFailed {
            host: host.to_owned(),
            reason: "the server does not speak TLS on this port".to_owned(),
        },
        rustls::Error::PeerIncompatible(_) | rustls::Error::AlertReceived(_) => {
            Failure::TlsFailed {
                host: host.to_owned(),
                reason: format!(
                    "the server ended the handshake ({})",
                    plain(&tls.to_string(), 100)
                ),
            }
        }
        other => Failure::TlsFailed {
            host: host.to_owned(),
            reason: plain(&other.to_string(), 100),
        },
    }
}

fn explain_certificate(problem: &CertificateError, host: &str) -> Failure {
    match problem {
        CertificateError::Expired => Failure::TlsExpired { date: None },
        CertificateError::ExpiredContext { not_after, .. } => Failure::TlsExpired {
            date: Some(certificate::date(not_after.as_secs())),
        },
        CertificateError::NotValidForName => Failure::TlsWrongHost {
            host: host.to_owned(),
            names: "another name".to_owned(),
        },
        CertificateError::NotValidForNameContext { presented, .. } => Failure::TlsWrongHost {
            host: host.to_owned(),
            names: names(presented),
        },
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            Failure::TlsUnknownAuthority
        }
        // A self-signed certificate of the kind that `openssl req -x509` makes: an authority used as a server.
        CertificateError::Other(inner) if inner.to_string().contains("CaUsedAsEndEntity") => {
            Failure::TlsUnknownAuthority
        }
        other => Failure::TlsFailed {
            host: host.to_owned(),
            reason: plain(&other.to_string(), 100),
        },
    }
}

/// The names of a certificate as rustls presents them, like `DnsName("a.example")`, for a sentence.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name
            .split_once('(')
            .map_or(name.as_str(), |(_, inner)| inner);
        plain(inner.trim_matches(['(', ')', '"']), 80)
    };
    let mut shown: Vec<String> = presented.iter().take(3).map(bare).collect();
    match presented.len() {
        0 => return "no name at all".to_owned(),
        1..=3 => {}
        more => shown.push(format!("{} more", more - 3)),
    }
    shown.join(", ")
}
