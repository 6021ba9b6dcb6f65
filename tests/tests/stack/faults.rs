//! What goes wrong between the functions and AWS, and what is promised of it. Every test here stands in a row of
//! docs/RELIABILITY.md, but for those of the proxy itself.

mod mail;
mod measuring;
mod predicting;
mod proxy;
mod registering;
mod storing;
mod telling;
mod training;
