//! The root certificates that are trusted for connections to AWS.
//!
//! Mozilla's list of root certificates is part of the program. Reading and parsing the system's certificates would take
//! milliseconds of a cold start. Amazon's own five root certificates would take 2 kB instead of 54 kB, and most Regions
//! need no others. But AWS does not promise which authority signs for each Region and partition. A function that does
//! not trust an endpoint does not work.

use std::error::Error;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::env::{ConfigError, Environment};

// The certificates in that file replace the built-in ones, as in other AWS SDKs.
/// Name of the environment variable with the path of a certificate file.
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// Returns the root certificates that are trusted for connections to AWS.
///
/// # Errors
/// [`ConfigError::Unreadable`] when the certificate file cannot be read or contains no certificate.
pub(super) fn roots(environment: &Environment) -> Result<RootCertStore, ConfigError> {
    // The certificates come from the file that `AWS_CA_BUNDLE` in `environment` names. Without that variable, they are
    // the built-in ones.
    match environment.optional(BUNDLE) {
        None => Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
        Some(path) => read(&path).map_err(|cause| ConfigError::Unreadable { key: BUNDLE, value: path, cause }),
    }
}

/// Reads the root certificates in the PEM file at `path`.
fn read(path: &str) -> Result<RootCertStore, Box<dyn Error + Send + Sync>> {
    // Certificates that cannot be parsed are skipped, because a system's store may contain very old ones.
    let certificates = CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>()?;
    let mut roots = RootCertStore::empty();
    match roots.add_parsable_certificates(certificates) {
        (0, _) => Err("no certificate in it can be used".into()),
        _ => Ok(roots),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn with_bundle(path: &str) -> Result<RootCertStore, ConfigError> {
        roots(&Environment::from_lookup(|key| (key == BUNDLE).then(|| path.to_owned())))
    }

    fn file(name: &str, content: &str) -> String {
        let path = std::env::temp_dir().join(format!("evergreen-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_roots_of_aws_are_built_in() {
        let roots = roots(&Environment::from_lookup(|_| None)).unwrap();
        let subjects: Vec<_> =
            roots.subjects().iter().map(|subject| String::from_utf8_lossy(subject.as_ref()).into_owned()).collect();
        for name in ["Amazon Root CA 1", "Amazon Root CA 4", "Starfield Services Root", "DigiCert Global Root G2"] {
            assert!(subjects.iter().any(|subject| subject.contains(name)), "{name}");
        }
    }

    #[test]
    fn a_bundle_of_roots_replaces_the_built_in_roots() {
        let path = file("bundle.pem", include_str!("trust/own-authority.pem"));
        assert_eq!(with_bundle(&path).unwrap().len(), 1);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_bundle_without_certificates_is_refused() {
        let path = file("empty.pem", "nothing");
        let error = with_bundle(&path).unwrap_err().to_string();
        assert!(
            error.starts_with("AWS_CA_BUNDLE is ") && error.ends_with("no certificate in it can be used"),
            "{error}"
        );
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_missing_bundle_is_named() {
        let error = with_bundle("/nowhere/bundle.pem").unwrap_err().to_string();
        assert!(error.starts_with(r#"AWS_CA_BUNDLE is "/nowhere/bundle.pem": "#), "{error}");
    }
}
