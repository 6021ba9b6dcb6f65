//! Answers predictions over HTTP with the cached champion.
