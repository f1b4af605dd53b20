//! Sealing a credential, and opening it for the one call in hand.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use tieline_domain::{AccessToken, AuthHeader, ConnectorId, ConnectorUrl};
use tieline_mcp::{Address, Target};
use tieline_secrets::{Binding, DataKey, Sealed};
use tieline_store::ConnectorRow;
use zeroize::Zeroizing;

use crate::Hub;
use crate::snapshot::{LiveConnector, StoredCredential};

/// The sealed credential did not open: the row, its header or its origin is not what it was sealed for, or the
/// stored bytes were damaged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecretUnreadable;

/// A credential that is open for one call. Dropping it wipes it.
pub(crate) struct OpenCredential(Option<Zeroizing<String>>);

impl OpenCredential {
    /// The header value exactly as the admin entered it.
    pub(crate) fn expose(&self) -> Option<&str> {
        self.0.as_deref().map(String::as_str)
    }
}

impl Hub {
    pub(crate) fn seal_token(
        &self,
        id: ConnectorId,
        url: &ConnectorUrl,
        header: &AuthHeader,
        token: &AccessToken,
    ) -> Sealed {
        let place = Place::of(id, url, header);
        self.inner
            .keyring
            .seal(self.entropy(), &place.binding(), token.expose())
    }

    /// Opens the credential of a row as it was read, to seal it again for the same server.
    pub(crate) fn open_stored(
        &self,
        row: &ConnectorRow,
    ) -> Result<OpenCredential, SecretUnreadable> {
        let (url, header) = (
            ConnectorUrl::parse(&row.url).map_err(|_| SecretUnreadable)?,
            AuthHeader::parse(&row.auth_header).map_err(|_| SecretUnreadable)?,
        );
        let stored = StoredCredential::of(row.sealed.as_deref());
        self.open_in(&Place::of(row.id, &url, &header), &stored)
    }

    /// Opens the credential that belongs to this connector at this version, for one call.
    pub(crate) fn open_credential(
        &self,
        live: &LiveConnector,
    ) -> Result<OpenCredential, SecretUnreadable> {
        let sealed = match &live.credential {
            StoredCredential::None => return Ok(OpenCredential(None)),
            StoredCredential::Sealed(sealed) => sealed,
            StoredCredential::Damaged => return Err(SecretUnreadable),
        };
        let opened = self.data_key(live, sealed)?.open(sealed);
        opened
            .map(|text| OpenCredential(Some(text)))
            .map_err(|_| SecretUnreadable)
    }

    /// The key of this version's credential. It is unwrapped by the first call that needs it and goes with the version;
    /// the credential itself is opened for each call anew.
    fn data_key<'a>(
        &self,
        live: &'a LiveConnector,
        sealed: &Sealed,
    ) -> Result<&'a DataKey, SecretUnreadable> {
        if let Some(known) = live.data_key.get() {
            return Ok(known);
        }
        let binding = live.place.binding();
        let unwrapped = self.inner.keyring.unwrap_data_key(&binding, sealed);
        let unwrapped = unwrapped.map_err(|_| SecretUnreadable)?;
        Ok(live.data_key.get_or_init(|| unwrapped))
    }

    fn open_in(
        &self,
        place: &Place,
        stored: &StoredCredential,
    ) -> Result<OpenCredential, SecretUnreadable> {
        let sealed = match stored {
            StoredCredential::None => return Ok(OpenCredential(None)),
            StoredCredential::Sealed(sealed) => sealed,
            StoredCredential::Damaged => return Err(SecretUnreadable),
        };
        let opened = self.inner.keyring.open(&place.binding(), sealed);
        opened
            .map(|text| OpenCredential(Some(text)))
            .map_err(|_| SecretUnreadable)
    }
}

/// Where a credential may be used: this row, this header, this origin. Anything else does not open it. Spelled out once
/// for each version of a row, because every call asks for it.
#[derive(Debug)]
pub(crate) struct Place {
    row: String,
    header: String,
    origin: String,
}

impl Place {
    pub(crate) fn of(id: ConnectorId, url: &ConnectorUrl, header: &AuthHeader) -> Self {
        Self {
            row: id.to_string(),
            header: header.as_str().to_ascii_lowercase(),
            origin: url.origin().to_string(),
        }
    }

    fn binding(&self) -> Binding<'_> {
        Binding {
            table: "connectors",
            row: &self.row,
            field: "token",
            header: &self.header,
            origin: &self.origin,
        }
    }
}

/// The address and the one auth header of a call.
pub(crate) fn target_of(
    address: &Arc<Address>,
    header: &AuthHeader,
    token: Option<&str>,
) -> Target {
    let auth = token.and_then(|token| {
        // Both were parsed with narrower rules than these, so neither conversion can fail.
        let name = HeaderName::from_bytes(header.as_str().as_bytes()).ok()?;
        let value = HeaderValue::from_str(token).ok()?;
        Some((name, value))
    });
    Target::new(address.clone(), auth)
}
