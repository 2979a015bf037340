// What a person types: answers to questions, secrets among them.
#pragma once

#include <optional>
#include <string>

namespace lode::cli {

/// Whether somebody sits there who can be asked: input and the questions' output are a terminal.
bool can_ask();

/// A line from the terminal behind `prompt`, which goes to standard error, without the line break; nullopt at the end
/// of the input.
std::optional<std::string> ask(const std::string& prompt);

/// A line that a person types at the program's terminal, wherever input and output go; `is_hidden`: it is not shown.
/// nullopt: there is no terminal, or the person ended the input. Ctrl-C ends the program and leaves the terminal as it
/// was.
std::optional<std::string> ask_at_terminal(const std::string& prompt, bool is_hidden);

/// A secret: a line from the terminal that is not shown while it is typed, or, where standard input is no terminal, all
/// of it without its last line break; nullopt at its end. Ctrl-C leaves the terminal as it was.
std::optional<std::string> read_secret_input(const std::string& prompt);

}  // namespace lode::cli
