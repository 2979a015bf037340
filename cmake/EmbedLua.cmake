# Writes OUT: a C++ file whose function FUNCTION has every Lua file of FILES (relative to ROOT) as a raw string, by module
# name.
set(text "// Generated from the Lua files of the project. Do not edit.\n#include \"lua/vm.h\"\n\nnamespace lode::lua {\n\n")
string(APPEND text "const std::vector<EmbeddedModule>& ${FUNCTION}() {\n  static const std::vector<EmbeddedModule> kModules = {\n")
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} content)
  string(REGEX REPLACE "(/init)?\\.lua$" "" module ${file})
  string(REPLACE "/" "." module ${module})
  string(APPEND text "    {\"${module}\", R\"lode~(${content})lode~\"},\n")
endforeach()
string(APPEND text "  };\n  return kModules;\n}\n\n}  // namespace lode::lua\n")
file(WRITE ${OUT} "${text}")
