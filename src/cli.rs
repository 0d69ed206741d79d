//! What the program does beside serving.

pub mod call;
pub mod kpis;
pub mod replay;
