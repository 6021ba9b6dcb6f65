//! Trains, evaluates, gates and registers a new version.
