//! Asks a person before something changes that others notice.

use std::io::IsTerminal;

use console::Term;

use crate::failure::Failure;

/// Asks for a typed word at the terminal, unless `yes` is set. Without a terminal there is nobody to ask: that is an error.
pub fn confirm(yes: bool, what_happens: &str, word: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "{what_happens}\n  Nobody can confirm this here; repeat the command with --yes."
        )));
    }
    let terminal = Term::stderr();
    let ask = || {
        terminal.write_line(what_happens)?;
        terminal.write_str(&format!("Type {word} to go on: "))?;
        terminal.read_line()
    };
    match ask() {
        Ok(answer) if answer.trim() == word => Ok(()),
        Ok(_) => Err(Failure::Usage("not confirmed; nothing was changed".to_owned())),
        Err(error) => {
            Err(Failure::Usage(format!("cannot ask for a confirmation ({error}); repeat the command with --yes")))
        }
    }
}
