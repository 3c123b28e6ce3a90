#!/usr/bin/python3
"""Writes the manual page and the completions from what `exporter --help` says.

packaging/from_help.py BINARY FOLDER: writes exporter.1, exporter.bash, _exporter (zsh) and
exporter.fish. They are kept in packaging/cli, so that a build for another architecture need not
run its binary; a test compares them with the help.
"""

import dataclasses
import pathlib
import re
import subprocess
import sys
import textwrap

# "-h,--help" or "--config FILE", and the text, which CLI11 moves to the next line if it must.
_OPTION = re.compile(r"^  (?:-(?P<short>\w),)?--(?P<name>[\w.-]+)(?: (?P<type>[A-Z:]+))?"
                     r"\n? {2,}(?P<text>\S.*)$", re.MULTILINE)
_COMMAND = re.compile(r"^  (?P<name>[a-z]+) {2,}(?P<text>\S.*)$", re.MULTILINE)
_CHOICE = re.compile(r"^(\w+(?:, \w+)*) or (\w+) \(default")


@dataclasses.dataclass(frozen=True)
class Option:
    name: str
    text: str
    short: str = ""
    type: str = ""   # empty: it takes no value

    @property
    def flag(self):
        return "--" + self.name

    @property
    def choices(self):
        found = _CHOICE.match(self.text)
        return [*found[1].split(", "), found[2]] if found else []

    @property
    def is_repeatable(self):
        return "repeatable" in self.text


@dataclasses.dataclass(frozen=True)
class Command:
    """The program itself has an empty name. The options of --help stand at the program alone."""
    name: str
    text: str
    options: list[Option]


@dataclasses.dataclass(frozen=True)
class Program:
    main: Command
    commands: list[Command]
    footer: list[str]   # the lines below the options


def read(binary):
    """The Program that the binary's help describes."""
    def help_of(*command):
        return subprocess.run([binary, *command, "--help"], text=True, capture_output=True,
                              timeout=30, check=True).stdout

    def options_in(text):
        return [Option(found["name"], found["text"], found["short"] or "", found["type"] or "")
                for found in _OPTION.finditer(text)]

    text = help_of()
    above, _, below = text.partition("\nSubcommands:\n")
    listed, _, footer = below.partition("\n\n")
    commands = []
    for found in _COMMAND.finditer(listed):
        own = [option for option in options_in(help_of(found["name"])) if option.name != "help"]
        commands.append(Command(found["name"], found["text"], own))
    main = Command("", text.partition("\n")[0], options_in(above))
    return Program(main, commands, footer.strip().splitlines())


# --- the manual page -----------------------------------------------------------

def _roff(text):
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return r"\&" + escaped if escaped.startswith((".", "'")) else escaped


def _term(option):
    flags = f"-{option.short}, {option.flag}" if option.short else option.flag
    value = rf" \fI{_roff(option.type)}\fR" if option.type else ""
    return rf"\fB{_roff(flags)}\fR{value}"


def _definitions(pairs):
    return [line for term, text in pairs for line in (".TP", term, _roff(text) + ".")]


def _definitions_of(options):
    return _definitions((_term(option), option.text) for option in options)


def manual(program):
    summary = program.main.text.rstrip(".")
    calls = ["exporter", *(f"exporter {command.name}" for command in program.commands)]
    synopsis = "\n.br\n".join(rf"\fB{call}\fR [\fIOPTIONS\fR]" for call in calls)
    lines = ['.TH EXPORTER 1 "" "sidecar\\-exporter" "User Commands"',
             ".SH NAME", r"exporter \- " + _roff(summary[0].lower() + summary[1:]),
             ".SH SYNOPSIS", synopsis,
             ".SH OPTIONS", "They may stand before a command and after it.",
             *_definitions_of(program.main.options),
             ".SH COMMANDS", "Without a command, the exporter serves until SIGTERM or SIGINT."]
    for command in program.commands:
        lines += _definitions([(rf"\fB{command.name}\fR", command.text)])
        if command.options:
            lines += [".RS", *_definitions_of(command.options), ".RE"]
    return "\n".join([*lines, ".SH NOTES", *map(_roff, program.footer), ""])


# --- the completions ------------------------------------------------------------

def _words(values):
    return " ".join(values)


def bash(program):
    commands = _words(command.name for command in program.commands)
    options = [*program.main.options, *(o for c in program.commands for o in c.options)]
    cases = [f"    {option.flag}) words='{_words(option.choices)}' ;;"
             for option in options if option.choices]
    with_files = "|".join(option.flag for option in options if option.type == "FILE")
    with_values = "|".join(option.flag for option in options if option.type
                           and option.type != "FILE" and not option.choices)
    of_commands = [f"        {command.name}) words+=' {_words(o.flag for o in command.options)}' ;;"
                   for command in program.commands if command.options]
    main = textwrap.fill(_words(_spelled(program.main.options)), 80, subsequent_indent=" " * 8,
                         break_on_hyphens=False)
    return "# shellcheck shell=bash" + f"""
# Made by packaging/from_help.py.
_exporter() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command='' word
  # bash breaks --flag=value into three words.
  [[ $before != = ]] || before=${{COMP_WORDS[COMP_CWORD - 2]}}
  if [[ $current == = ]]; then current=''; fi
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in {commands.replace(' ', '|')}) command=$word ;; esac
  done
  local words=''
  case $before in
    {with_files})
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    {with_values}) return ;;
{chr(10).join(cases)}
    *)
      words='{main}'
      case $command in
        '') words+=' {commands}' ;;
{chr(10).join(of_commands)}
      esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -F _exporter exporter
"""


def _spelled(options):
    for option in options:
        yield option.flag
        if option.short:
            yield "-" + option.short


def _zsh_option(option):
    text = option.text.replace("[", r"\[").replace("]", r"\]").replace("'", "'\\''")
    action = ""
    if option.type:
        values = f"({_words(option.choices)})" if option.choices else " "
        name = option.type.replace(":", "\\:")
        action = f":{name}:" + ("_files" if option.type == "FILE" else values)
    flag = option.flag + ("=" if option.type else "")
    repeated = "*" if option.is_repeatable else ""
    return f"    '{repeated}{flag}[{text}]{action}'"


def zsh(program):
    listed = "\n".join(f"    '{command.name}:{command.text}'" for command in program.commands)
    of_commands = "\n".join(
        "\n".join([f"        {command.name}) options+=(", *map(_zsh_option, command.options),
                   "        ) ;;"])
        for command in program.commands if command.options)
    options = "\n".join(map(_zsh_option, program.main.options))
    return f"""\
#compdef exporter
# Made by packaging/from_help.py.
_exporter() {{
  local state
  local -a commands=(
{listed}
  )
  local -a options=(
{options}
  )
  _arguments -C $options '1: :->command' '*:: :->of_command' && return
  case $state in
    command) _describe command commands ;;
    of_command)
      case $words[1] in
{of_commands}
      esac
      _arguments $options ;;
  esac
}}
_exporter "$@"
"""


def _fish_option(option, condition=""):
    words = ["complete -c exporter", condition, f"-l {option.name}"]
    if option.short:
        words.append(f"-s {option.short}")
    if option.type:
        words.append("-r" if option.type == "FILE" else "-x")
    if option.type == "FILE":
        words.append("-F")
    if option.choices:
        words.append(f"-a '{_words(option.choices)}'")
    quoted = option.text.replace("\\", "\\\\").replace("'", "\\'")
    return " ".join(word for word in [*words, f"-d '{quoted}'"] if word)


def fish(program):
    lines = ["# Made by packaging/from_help.py.", "complete -c exporter -f"]
    lines += [_fish_option(option) for option in program.main.options]
    for command in program.commands:
        lines.append("complete -c exporter -n __fish_use_subcommand "
                     f"-a {command.name} -d '{command.text}'")
        condition = f"-n '__fish_seen_subcommand_from {command.name}'"
        lines += [_fish_option(option, condition) for option in command.options]
    return "\n".join([*lines, ""])


FILES = {"exporter.1": manual, "exporter.bash": bash, "_exporter": zsh, "exporter.fish": fish}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program = read(sys.argv[1])
    for name, text in FILES.items():
        (pathlib.Path(sys.argv[2]) / name).write_text(text(program))


if __name__ == "__main__":
    main()
