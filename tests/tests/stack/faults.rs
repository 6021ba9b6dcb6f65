//! Tests with faults between the functions and AWS, and what the product promises for each fault. Every test in this
//! folder has a row in docs/RELIABILITY.md, except the tests of the proxy.

mod feedback;
mod mail;
mod measuring;
mod predicting;
mod proxy;
mod publishing;
mod registering;
mod storing;
mod training;
