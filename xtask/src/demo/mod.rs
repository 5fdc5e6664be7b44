//! stub
use clap::Args;
#[derive(Args)]
pub struct DemoArguments {
    /// The port
    #[arg(long, default_value_t = 8080)]
    port: u16,
}
pub fn run(arguments: &DemoArguments) -> anyhow::Result<()> {
    let _ = arguments.port;
    Ok(())
}
