//! The program `tieline`: everything it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tieline_gateway::cli::main()
}
