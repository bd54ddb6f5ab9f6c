"""Completion for PowerShell, which Click does not bring; imported only where a shell asks."""

from __future__ import annotations

import os

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

# PowerShell asks with the word that is being completed and all that was typed. A name from a folder
# is text: it is quoted by PowerShell's own rule where it holds a blank or a quote.
SOURCE = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_LINE = $commandAst.ToString()
    $env:COMP_WORD = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $kind, $value, $help = $_ -split "`t", 3
            if (-not $help) { $help = $value }
            if ($value -match "[\\s'`"``$]") { $text = "'" + $value.Replace("'", "''") + "'" }
            else { $text = $value }
            [System.Management.Automation.CompletionResult]::new(
                $text, $value, 'ParameterValue', $help)
        }
    } finally {
        $env:%(complete_var)s = $null
        $env:COMP_LINE = $null
        $env:COMP_WORD = $null
    }
}
"""


class PowerShellComplete(ShellComplete):
    """Answer PowerShell: a line each of kind, value and help, parted by tabs."""

    name = "powershell"
    source_template = SOURCE

    def get_completion_args(self) -> tuple[list[str], str]:
        """Give the whole words before the one that is being completed, and that one."""
        from click.shell_completion import split_arg_string

        word = os.environ.get("COMP_WORD", "")
        words = split_arg_string(os.environ.get("COMP_LINE", ""))[1:]
        return (words[:-1] if word and words else words), word

    def format_completion(self, item: CompletionItem) -> str:
        """Give one answer's line."""
        return "\t".join((item.type, str(item.value), item.help or "")).replace("\n", " ")


add_completion_class(PowerShellComplete)
