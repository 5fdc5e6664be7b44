//! HTTP, as far as it is the same for every route: who asks, what is asked, how an answer looks.

pub mod actor;
pub mod answer;
pub mod body;
pub mod headers;
pub mod path;
pub mod request_id;
pub mod times;
