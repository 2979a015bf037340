// Previews for people: tables that fit a terminal.
#pragma once

#include <string>

#include "grid.h"
#include "preview_view.h"

namespace lode::cli {

using PreviewStyle = TerminalStyle;

/// Lines that are at most `style.columns` wide (16 if that is more), DDL apart; each ends in a newline.
/// `names_pipeline`: the preview is one of a script.
std::string render_preview(const PreviewView& preview, bool names_pipeline, const PreviewStyle& style);

}  // namespace lode::cli
