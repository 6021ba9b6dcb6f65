//! Publishes accuracy, age and health.
