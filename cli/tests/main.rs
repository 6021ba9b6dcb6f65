//! Runs the program against a server that records requests and gives prepared answers. The tests check what the stack
//! receives and what a person sees.

mod predicting;
mod reading;
mod refusals;
mod server;
mod steering;
