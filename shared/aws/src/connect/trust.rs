//! Whose certificates are trusted.
//!
//! The roots are Mozilla's list, built in as constants: to read and parse the system's store costs milliseconds of a cold
//! start. Amazon's own five would be 2 kB where the whole list is 54, and enough for most Regions; but which authority
//! signs for each Region and partition is nowhere promised, and an endpoint that is not trusted is a function that does
//! not work.

use std::error::Error;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::env::{ConfigError, Environment};

/// Names a file of certificates to trust in place of the built-in ones, as for AWS's other SDKs.
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// The roots that `environment` asks for.
///
/// # Errors
/// [`ConfigError::Unreadable`] when the file that it names holds no certificate.
pub(super) fn roots(environment: &Environment) -> Result<RootCertStore, ConfigError> {
    match environment.optional(BUNDLE) {
        None => Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
        Some(path) => read(&path).map_err(|cause| ConfigError::Unreadable { key: BUNDLE, value: path, cause }),
    }
}

/// The certificates in the file at `path`. A system's own store may hold some that are too old to be understood: those
/// are left out.
fn read(path: &str) -> Result<RootCertStore, Box<dyn Error + Send + Sync>> {
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
    fn a_bundle_replaces_them() {
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
    fn a_bundle_that_is_not_there_is_named() {
        let error = with_bundle("/nowhere/bundle.pem").unwrap_err().to_string();
        assert!(error.starts_with(r#"AWS_CA_BUNDLE is "/nowhere/bundle.pem": "#), "{error}");
    }
}
