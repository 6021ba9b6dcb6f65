//! Faults between the functions and AWS, and what is promised for each. Every test here, except those of the proxy, has
//! a row in docs/RELIABILITY.md.

mod mail;
mod measuring;
mod predicting;
mod proxy;
mod registering;
mod storing;
mod telling;
mod training;
