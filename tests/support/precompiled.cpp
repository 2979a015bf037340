// A program that does nothing: it only holds the precompiled header of all test programs.
#include "support/catch.h"

int main() { return 0; }
