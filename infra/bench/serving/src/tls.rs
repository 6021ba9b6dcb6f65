//! The TLS certificates of one run of the bench: a new certificate authority, and its certificate for `localhost`.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Creates a certificate authority and a certificate for `localhost`. Writes the authority's certificate to the file
/// `bundle` as PEM. Returns the acceptor for TLS handshakes.
///
/// # Errors
/// Fails if a certificate cannot be created or written.
pub fn acceptor(bundle: &Path) -> anyhow::Result<TlsAcceptor> {
    let key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key)?;
    std::fs::write(bundle, root.pem()).with_context(|| format!("writing {}", bundle.display()))?;

    let own_key = KeyPair::generate()?;
    let own =
        CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&own_key, &Issuer::new(authority, key))?;
    let own_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone(), root.der().clone()], own_key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
