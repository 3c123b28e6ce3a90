#include "collectors/clients/mysql/mysql_dsn.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace collectors {
namespace {

std::string Refusal(const std::string& dsn) {
  try {
    ParseMysqlDsn(dsn);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a MySQL DSN is read as applications write it") {
  struct Case {
    std::string dsn;
    std::string name;
    std::string user;
    std::string database;
  };
  const Case cases[] = {
      {"mysql://ann:hush@db:3307/shop", "db:3307", "ann", "shop"},
      {"mysql://ann:hush@db/shop", "db:3306", "ann", "shop"},
      {"mariadb://ann:hush@db/shop", "db:3306", "ann", "shop"},
      {"mysql+pymysql://ann:hush@db/shop?charset=utf8mb4", "db:3306", "ann", "shop"},
      {"mysql+aiomysql://ann@db/shop?pool_size=5&parseTime=true", "db:3306", "ann", "shop"},
      {"mysql://ann:hush@db", "db:3306", "ann", ""},
      {"mysql://db", "db:3306", "", ""},
      {"mysql:///shop", "localhost:3306", "", "shop"},
      {"mysql://ann:hush@/shop", "localhost:3306", "ann", "shop"},
      {"mysql://ann:hush@[::1]:3307/shop", "[::1]:3307", "ann", "shop"},
      {"mysql://ann:hush@[::1]/shop", "[::1]:3306", "ann", "shop"},
      {"mysql://ann@localhost/shop?unix_socket=/run/mysqld/mysqld.sock", "/run/mysqld/mysqld.sock",
       "ann", "shop"},
      {"mysql://ann@/my%20shop?socket=%2Frun%2Fm.sock", "/run/m.sock", "ann", "my shop"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.dsn);
    const MysqlDsn dsn = ParseMysqlDsn(one.dsn);
    CHECK(dsn.Name() == one.name);
    CHECK(dsn.user == one.user);
    CHECK(dsn.database == one.database);
  }
}

TEST_CASE("a MySQL password keeps every character that is percent-encoded") {
  CHECK(ParseMysqlDsn("mysql://a:p%40s%2Fs%3F%23+@h/d").password.Reveal() == "p@s/s?#+");
  CHECK(ParseMysqlDsn("mysql://a:b:c@h/d").password.Reveal() == "b:c");
}

TEST_CASE("the words of many drivers say how far TLS is wanted") {
  struct Case {
    std::string parameters;
    MysqlTls tls;
  };
  const Case cases[] = {
      {"", MysqlTls::kPreferred},
      {"ssl-mode=DISABLED", MysqlTls::kDisabled},
      {"ssl_mode=required", MysqlTls::kRequired},
      {"sslmode=verify-ca", MysqlTls::kVerifyCa},
      {"sslMode=VERIFY_IDENTITY", MysqlTls::kVerifyIdentity},
      {"ssl=true", MysqlTls::kRequired},
      {"useSSL=false", MysqlTls::kDisabled},
      {"tls=true", MysqlTls::kVerifyIdentity},
      {"tls=skip-verify", MysqlTls::kRequired},
      {"tls=preferred", MysqlTls::kPreferred},
      {"ssl_ca=/ca.pem", MysqlTls::kVerifyIdentity},
      {"ssl_ca=/ca.pem&ssl_check_hostname=false", MysqlTls::kVerifyCa},
      {"ssl_ca=/ca.pem&ssl-mode=REQUIRED", MysqlTls::kVerifyCa},
      {"ssl_capath=/certs&ssl-mode=VERIFY_IDENTITY", MysqlTls::kVerifyIdentity},
      {"ssl_check_hostname=true", MysqlTls::kVerifyIdentity},
      {"ssl_ca=/ca.pem&ssl-mode=DISABLED", MysqlTls::kDisabled},
      {"ssl_ca=/ca.pem&unix_socket=/run/m.sock", MysqlTls::kDisabled},
      {"sslaccept=strict", MysqlTls::kVerifyIdentity},
      {"sslaccept=accept_invalid_certs", MysqlTls::kPreferred},
      {"useSSL=true&requireSSL=false", MysqlTls::kRequired},
      {"requireSSL=true&sslMode=PREFERRED", MysqlTls::kRequired},
      {"useSSL=true&verifyServerCertificate=true", MysqlTls::kVerifyCa},
      {"useSSL=false&verifyServerCertificate=true", MysqlTls::kDisabled},
      {"sslMode=trust", MysqlTls::kRequired},
      {"ssl={%22rejectUnauthorized%22:true}", MysqlTls::kVerifyIdentity},
      {"ssl_ca=/ca.pem&disableSslHostnameVerification=true", MysqlTls::kVerifyCa},
  };
  for (const Case& one : cases) {
    CAPTURE(one.parameters);
    CHECK(ParseMysqlDsn("mysql://db/shop?" + one.parameters).tls == one.tls);
  }
}

TEST_CASE("the files of TLS are taken by their paths") {
  const MysqlDsn dsn =
      ParseMysqlDsn("mysql://db/s?ssl-ca=/ca.pem&ssl_cert=/c.pem&ssl-key=%2Fk%26.pem");
  CHECK(dsn.tls_ca == "/ca.pem");
  CHECK(dsn.tls_certificate == "/c.pem");
  CHECK(dsn.tls_key == "/k&.pem");
}

TEST_CASE("a MySQL DSN that cannot be meant is refused without being quoted") {
  const std::string dsns[] = {
      "mysql://ann:hush%zz@db/shop",
      "mysql://ann:hush%0@db/shop",
      "mysql://ann:hush%00@db/shop",
      "mysql://ann:hu@sh@db/shop",
      "mysql://ann:hu/sh@db/shop",
      "mysql://ann:hu?sh@db/shop",
      "mysql://ann:1234/sh@db/shop",
      "mysql://db:hush/shop",
      "mysql://db:0/hush",
      "mysql://db:99999/hush",
      "mysql://[::1:hush/shop",
      "mysql://[::1]hush/shop",
      "mysql://hu sh/shop",
      "mysql://a,b/hush",
      "mysql://ann:hush@db/shop?1hush",
      "mysql://ann:hush@db/shop?ssl-mode=hush",
      "mysql://ann:hush@db/shop?ssl_check_hostname=hush",
      "mysql://ann:hush@db/shop?ssl_key=/hush.pem",
      "mysql://ann@/shop?unix_socket=hush",
      "mysql://ann@/shop?unix_socket=/hush&ssl-mode=REQUIRED",
      "mysql://ann@/shop?unix_socket=/hush&ssl_check_hostname=1",
      "hush",
  };
  for (const std::string& dsn : dsns) {
    CAPTURE(dsn);
    const std::string refusal = Refusal(dsn);
    CHECK_FALSE(refusal.empty());
    CHECK(refusal.find("hu") == std::string::npos);
  }
}

TEST_CASE("a misspelt MySQL parameter is refused by its name") {
  CHECK(Refusal("mysql://ann:hush@db/shop?ssl-mod=REQUIRED").find("\"ssl-mod\"") !=
        std::string::npos);
}

}  // namespace collectors
