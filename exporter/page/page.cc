#include "exporter/page/page.h"

#include <algorithm>
#include <utility>

#include "exporter/forms/deflate.h"
#include "exporter/forms/exposition.h"
#include "exporter/forms/open_metrics.h"
#include "exporter/forms/protobuf.h"

namespace exporter {
namespace {

std::string TailOf(const std::vector<Family>& families, Format format) {
  std::string tail;
  if (format == Format::kText) return TextOf(families);
  for (const Family& family : families) {
    if (format == Format::kProtobuf) {
      AppendProtobuf(tail, family);
    } else {
      AppendOpenMetrics(tail, family, /*is_name_free=*/true);
    }
  }
  if (format == Format::kOpenMetrics) tail += kOpenMetricsEnd;
  return tail;
}

struct Owner {
  std::shared_ptr<const Page::Joined> joined;
  std::string tail;
};

}  // namespace

Page::Page(std::vector<std::shared_ptr<const Chunk>> chunks, std::size_t slots)
    : chunks_(std::move(chunks)),
      series_(slots),
      duplicates_(slots),
      has_extras_(std::any_of(chunks_.begin(), chunks_.end(),
                              [](const auto& chunk) { return chunk->HasExtras(); })) {
  for (const auto& chunk : chunks_) {
    for (const Chunk::Count& count : chunk->Counts()) {
      series_[count.slot] += count.series;
      duplicates_[count.slot] += count.duplicates;
    }
  }
}

std::shared_ptr<const Page::Joined> Page::Get(Form form) const {
  std::call_once(once_[form.index()], [&] {
    Joined made;
    if (form.coding == Coding::kGzip) made.pieces.push_back(kGzipHeader);
    for (const auto& chunk : chunks_) {
      made.chunks.push_back(chunk->Get(form));
      const Packed& packed = *made.chunks.back();
      if (form.coding == Coding::kGzip) made.trailer.Add(packed.crc, packed.size);
      made.pieces.push_back(packed.bytes);
    }
    joined_[form.index()] = std::make_shared<const Joined>(std::move(made));
  });
  return joined_[form.index()];
}

std::string Page::Text() const {
  std::string text;
  for (const auto& chunk : chunks_) text += chunk->Get({})->bytes;
  return text;
}

PageBody BodyOf(const std::shared_ptr<const Page>& page, Form form,
                const std::vector<Family>& tail) {
  const std::shared_ptr<const Page::Joined> joined = page->Get(form);
  Packed last = Pack(form.coding, TailOf(tail, form.format));
  if (form.coding == Coding::kGzip) {
    GzipTrailer trailer = joined->trailer;
    trailer.Add(last.crc, last.size);
    last.bytes += trailer.Finish();
  }
  PageBody body;
  body.pieces.reserve(joined->pieces.size() + 1);
  body.pieces = joined->pieces;
  const auto owner = std::make_shared<const Owner>(Owner{joined, std::move(last.bytes)});
  body.pieces.push_back(owner->tail);
  body.owner = owner;
  return body;
}

std::string TextOf(const std::vector<Family>& families) {
  std::string text;
  for (const Family& family : families) AppendText(text, family);
  return text;
}

}  // namespace exporter
