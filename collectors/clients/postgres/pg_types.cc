#include "collectors/clients/postgres/pg_types.h"

#include <algorithm>
#include <iterator>

namespace collectors {
namespace {

struct Row {
  Oid oid;
  ColumnType type;
};

// From src/include/catalog/pg_type.dat, the same in every version. Sorted by oid.
constexpr Row kTypes[] = {
    {16, ColumnType::kBoolean},        // bool
    {22, ColumnType::kArray},          // int2vector
    {30, ColumnType::kArray},          // oidvector
    {114, ColumnType::kJson},          // json
    {199, ColumnType::kArray},         // json[]
    {790, ColumnType::kMoney},         // money
    {791, ColumnType::kArray},         // money[]
    {1000, ColumnType::kArray},        // bool[]
    {1003, ColumnType::kArray},        // name[]
    {1005, ColumnType::kArray},        // int2[]
    {1007, ColumnType::kArray},        // int4[]
    {1009, ColumnType::kArray},        // text[]
    {1014, ColumnType::kArray},        // bpchar[]
    {1015, ColumnType::kArray},        // varchar[]
    {1016, ColumnType::kArray},        // int8[]
    {1021, ColumnType::kArray},        // float4[]
    {1022, ColumnType::kArray},        // float8[]
    {1028, ColumnType::kArray},        // oid[]
    {1041, ColumnType::kArray},        // inet[]
    {1082, ColumnType::kTimestamp},    // date
    {1083, ColumnType::kClock},        // time
    {1114, ColumnType::kTimestamp},    // timestamp
    {1115, ColumnType::kArray},        // timestamp[]
    {1182, ColumnType::kArray},        // date[]
    {1183, ColumnType::kArray},        // time[]
    {1184, ColumnType::kTimestamp},    // timestamptz
    {1185, ColumnType::kArray},        // timestamptz[]
    {1186, ColumnType::kInterval},     // interval
    {1187, ColumnType::kArray},        // interval[]
    {1231, ColumnType::kArray},        // numeric[]
    {1266, ColumnType::kZoneClock},    // timetz
    {1560, ColumnType::kBits},         // bit
    {1562, ColumnType::kBits},         // varbit
    {2951, ColumnType::kArray},        // uuid[]
    {3220, ColumnType::kLogPosition},  // pg_lsn
    {3802, ColumnType::kJson},         // jsonb
    {3807, ColumnType::kArray},        // jsonb[]
};
static_assert(std::ranges::is_sorted(kTypes, {}, &Row::oid));

}  // namespace

ColumnType TypeOfPgColumn(Oid type) {
  const auto* const row = std::ranges::lower_bound(kTypes, type, {}, &Row::oid);
  return row != std::end(kTypes) && row->oid == type ? row->type : ColumnType::kAny;
}

}  // namespace collectors
