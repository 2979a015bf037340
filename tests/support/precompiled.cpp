// Nothing: the library of this file only holds the precompiled header of all test programs.
#include "support/catch.h"
