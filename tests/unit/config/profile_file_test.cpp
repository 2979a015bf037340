// Files of sections, as Amazon's and Google's programs write them.
#include "config/clouds/profile_file.h"

#include "support/catch.h"

using namespace lode;

TEST_CASE("Sections have entries; names do not mind their case; values go on in indented lines") {
  const ProfileFile file = parse_profile_file(
      "\xEF\xBB\xBF# of mine\n[default]\r\nAWS_Access_Key_Id = A\nregion: eu\n; no\n\n[profile a b]\ns3 =\n  x = 1\n"
      "\ty = 2\nrole = r # x\n[default]\nregion = us\nempty =\n");
  CHECK(file.bad_line == 0);
  REQUIRE(file.sections.size() == 2);
  CHECK(file.find("default")->text_or("aws_access_key_id", "") == "A");
  CHECK(file.find("default")->text_or("region", "") == "us");
  CHECK(file.find("default")->has("empty"));
  CHECK_FALSE(file.find("default")->has("output"));
  CHECK(file.find("profile a b")->text_or("s3", "") == "\nx = 1\ny = 2");
  CHECK(file.find("profile a b")->text_or("role", "") == "r # x");
  CHECK(file.find("none") == nullptr);
}

TEST_CASE("The first line that cannot be is known by its number") {
  CHECK(parse_profile_file("a = 1\n[x]\n").bad_line == 1);
  CHECK(parse_profile_file("[x]\na = 1\nnonsense\nb = 2\n").bad_line == 3);
  CHECK(parse_profile_file("[x\n").bad_line == 1);
  CHECK(parse_profile_file("[]\n").bad_line == 1);
  CHECK(parse_profile_file("[x]\n= 1\n").bad_line == 2);
  CHECK(parse_profile_file("[x]\nnonsense\nb = 2\n").find("x")->text_or("b", "") == "2");
  CHECK(parse_profile_file("").bad_line == 0);
}
