//! Starts the console Lambda function.

fn main() -> anyhow::Result<()> {
    anyhow::bail!("the console function is not wired yet")
}
