//! `attractor completions` and `attractor man`.

use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::Cli;
use crate::out::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose
    shell: Shell,
}

/// What a shell sources to complete the program's arguments.
pub(crate) fn completions(args: &Args) -> Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "attractor", &mut text);
    tell(text)
}

/// The manual, in roff, for `man -l`.
pub(crate) fn man() -> Result<ExitCode> {
    let mut text = Vec::new();
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    // Each command is described as well, in one page: nobody installs a page for each.
    for one in command
        .get_subcommands()
        .filter(|one| one.get_name() != "help")
    {
        let page = clap_mangen::Man::new(one.clone());
        text.extend(b".SH \"COMMAND ");
        text.extend(one.get_name().to_uppercase().bytes());
        text.extend(b"\"\n");
        page.render_description_section(&mut text)?;
        page.render_options_section(&mut text)?;
    }
    tell(text)
}

fn tell(text: Vec<u8>) -> Result<ExitCode> {
    say!("{}", String::from_utf8(text)?.trim_end());
    Ok(ExitCode::SUCCESS)
}
