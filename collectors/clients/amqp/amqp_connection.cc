#include "collectors/clients/amqp/amqp_connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collectors/clients/amqp/amqp_error.h"
#include "collectors/clients/net/url_tls.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::ErrorKind;
using exporter::SteadyTime;
using std::chrono::steady_clock;

constexpr std::size_t kReadBytes = std::size_t{64} << 10;
// Bounds the messages that arrive while another answer is awaited.
constexpr std::size_t kMostHeldBytes = std::size_t{16} << 20;
constexpr std::size_t kMostHeldMessages = 10'000;
constexpr std::chrono::milliseconds kPartingPatience(200);
constexpr std::chrono::seconds kGrace(1);

Stream Dial(const CollectContext& context, const AmqpEndpoint& endpoint, const TlsOptions& tls) {
  Stream stream = Stream::Connect(context, endpoint.host, endpoint.port);
  if (endpoint.tls) {
    stream.StartTls(context, WithUrl(tls, endpoint.tls_options), endpoint.host);
  }
  return stream;
}

amqp_table_entry_t Flag(std::string_view name) {
  amqp_table_entry_t entry = {};
  entry.key = AmqpBytes(name);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = 1;
  return entry;
}

amqp_table_entry_t TextEntry(std::string_view name, std::string_view text) {
  amqp_table_entry_t entry = {};
  entry.key = AmqpBytes(name);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = AmqpBytes(text);
  return entry;
}

// Returns true if a list of words, separated by spaces, contains the word.
bool HasWord(std::string_view list, std::string_view word) {
  return (" " + std::string(list) + " ").find(" " + std::string(word) + " ") != std::string::npos;
}

std::size_t SizeOf(const AmqpMessage& message) {
  std::size_t size = message.body.size();
  for (const auto& [name, text] : message.headers) size += name.size() + text.size();
  return size;
}

[[noreturn]] void RefuseMethod(const AmqpMethod& method) {
  throw CollectError(ErrorKind::kProtocol, "the server sends " + method.name() + " unasked");
}

}  // namespace

AmqpConnection::AmqpConnection(const CollectContext& context, const AmqpEndpoint& endpoint,
                               const TlsOptions& tls, const std::string& client_name,
                               std::chrono::seconds heartbeat)
    : stream_(Dial(context, endpoint, tls)),
      heartbeat_(0),
      last_sent_(steady_clock::now()),
      last_heard_(last_sent_) {
  Send(context, kAmqpGreeting);
  StartOk(context, endpoint, client_name);
  Tune(context, heartbeat);
  OpenVhost(context, endpoint.vhost);
}

void AmqpConnection::StartOk(const CollectContext& context, const AmqpEndpoint& endpoint,
                             const std::string& client_name) {
  const AmqpMethod start = Await(context, 0, AMQP_CONNECTION_START_METHOD);
  if (!HasWord(AmqpText(start.As<amqp_connection_start_t>().mechanisms), "PLAIN")) {
    throw CollectError(ErrorKind::kAuth, "the server lets nobody in by a password (PLAIN)");
  }
  // Without authentication_failure_close the server reports a wrong password only by closing the
  // socket.
  std::array<amqp_table_entry_t, 3> capabilities = {Flag("authentication_failure_close"),
                                                    Flag("consumer_cancel_notify"),
                                                    Flag("connection.blocked")};
  std::array<amqp_table_entry_t, 3> properties = {
      TextEntry("product", "sidecar-exporter"), TextEntry("connection_name", client_name), {}};
  properties[2].key = AmqpBytes("capabilities");
  properties[2].value.kind = AMQP_FIELD_KIND_TABLE;
  properties[2].value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
  const std::string response =
      '\0' + endpoint.user + '\0' + endpoint.password.Reveal();  // RFC 4616.
  amqp_connection_start_ok_t start_ok = {};
  start_ok.client_properties = {static_cast<int>(properties.size()), properties.data()};
  start_ok.mechanism = AmqpBytes("PLAIN");
  start_ok.response = AmqpBytes(response);
  start_ok.locale = AmqpBytes("en_US");
  Tell(context, 0, AMQP_CONNECTION_START_OK_METHOD, &start_ok);
}

void AmqpConnection::Tune(const CollectContext& context, std::chrono::seconds heartbeat) {
  const AmqpMethod method = Await(context, 0, AMQP_CONNECTION_TUNE_METHOD);
  const auto& tune = method.As<amqp_connection_tune_t>();
  logged_in_ = true;
  if (tune.frame_max != 0)
    most_frame_bytes_ = std::min<std::size_t>(tune.frame_max, most_frame_bytes_);
  if (most_frame_bytes_ < kAmqpLeastFrameBytes) {
    throw CollectError(ErrorKind::kProtocol, "the server wants frames of less than 4096 bytes");
  }
  amqp_connection_tune_ok_t tune_ok = {};
  tune_ok.channel_max =
      tune.channel_max == 0 ? kOwnChannel : std::min(tune.channel_max, kOwnChannel);
  tune_ok.frame_max = static_cast<std::uint32_t>(most_frame_bytes_);
  // The client's value applies, whatever the server proposed.
  tune_ok.heartbeat = static_cast<std::uint16_t>(heartbeat.count());
  Tell(context, 0, AMQP_CONNECTION_TUNE_OK_METHOD, &tune_ok);
  reader_.SetMost(most_frame_bytes_);
  heartbeat_ = heartbeat;
}

void AmqpConnection::OpenVhost(const CollectContext& context, const std::string& vhost) {
  amqp_connection_open_t open = {};
  open.virtual_host = AmqpBytes(vhost);
  Ask(context, 0, AMQP_CONNECTION_OPEN_METHOD, &open, AMQP_CONNECTION_OPEN_OK_METHOD);
}

void AmqpConnection::OpenChannel(const CollectContext& context, std::uint16_t channel) {
  if (open_[channel]) return;
  const amqp_channel_open_t open = {};
  Ask(context, channel, AMQP_CHANNEL_OPEN_METHOD, &open, AMQP_CHANNEL_OPEN_OK_METHOD);
  open_[channel] = true;
}

AmqpMethod AmqpConnection::Ask(const CollectContext& context, std::uint16_t channel,
                               amqp_method_number_t method, const void* arguments,
                               amqp_method_number_t answer) {
  Tell(context, channel, method, arguments);
  return Await(context, channel, answer);
}

void AmqpConnection::Tell(const CollectContext& context, std::uint16_t channel,
                          amqp_method_number_t method, const void* arguments) {
  Send(context, AmqpMethodFrame(channel, method, arguments));
}

void AmqpConnection::Send(const CollectContext& context, std::string_view frames) {
  stream_.Write(context, frames);
  last_sent_ = steady_clock::now();
}

AmqpMethod AmqpConnection::Await(const CollectContext& context, std::uint16_t channel,
                                 amqp_method_number_t answer) {
  // A server that keeps sending other things must not hold us past the deadline.
  while (const std::optional<AmqpFrame> frame = NextFrame(context)) {
    if (frame->type == AmqpFrame::Type::kMethod) {
      AmqpMethod method(frame->payload);
      if (method.id() == answer && frame->channel == channel) {
        if (answer == AMQP_BASIC_CONSUME_OK_METHOD) subscribed_ = true;
        return method;
      }
      TakeMethod(context, frame->channel, method);
    } else {
      TakeContent(*frame);
    }
    if (context.deadline.Expired()) break;
  }
  throw CollectError(ErrorKind::kTimeout, "the time was up");
}

std::optional<AmqpMessage> AmqpConnection::NextMessage(const CollectContext& context) {
  while (messages_.empty()) {
    const bool is_late = context.deadline.Expired();
    const std::optional<AmqpFrame> frame = NextFrame(context);
    if (!frame) return std::nullopt;
    Take(context, *frame);
    // Frames that complete no message must not hold us past the deadline.
    if (is_late && messages_.empty() && !content_.under_way()) return std::nullopt;
  }
  AmqpMessage message = std::move(messages_.front());
  messages_.pop_front();
  message_bytes_ -= SizeOf(message);
  return message;
}

void AmqpConnection::Sound(const CollectContext& context, const std::string& queue) {
  Send(context, AmqpPassiveDeclareFrame(kOwnChannel, AmqpBytes(queue)));
  sounding_ = true;
}

void AmqpConnection::CatchUp(const CollectContext& context) {
  const CollectContext at_once{Deadline::At(steady_clock::now()), context.watchdog};
  while (const std::optional<AmqpFrame> frame = NextFrame(at_once)) {
    Take(context, *frame);
    if (context.deadline.Expired()) throw CollectError(ErrorKind::kTimeout, "the time was up");
  }
}

std::optional<AmqpFrame> AmqpConnection::NextFrame(const CollectContext& context) {
  while (true) {
    if (std::optional<AmqpFrame> frame = reader_.Next()) return frame;
    if (!Fill(context)) return std::nullopt;
  }
}

bool AmqpConnection::Fill(const CollectContext& context) {
  std::array<char, kReadBytes> buffer;
  while (true) {
    const SteadyTime due = last_sent_ + heartbeat_ / 2;
    const Deadline until = heartbeat_.count() > 0
                               ? Deadline::At(std::min(context.deadline.when(), due))
                               : context.deadline;
    // No input by then is not a failure: ReadUntil() returns 0 before this later deadline.
    const CollectContext patient{Deadline::At(until.when() + kGrace), context.watchdog};
    const std::size_t got = stream_.ReadUntil(patient, until, buffer);
    if (got > 0) last_heard_ = steady_clock::now();
    reader_.Feed({buffer.data(), got});
    KeepAlive(context);
    if (got > 0) return true;
    if (context.deadline.Remaining().count() == 0) return false;
  }
}

void AmqpConnection::KeepAlive(const CollectContext& context) {
  if (heartbeat_.count() == 0) return;
  const SteadyTime now = steady_clock::now();
  if (now - last_heard_ >= 2 * heartbeat_) {
    throw CollectError(ErrorKind::kTimeout, "the server has said nothing for " +
                                                std::to_string(2 * heartbeat_.count()) + " s");
  }
  if (now - last_sent_ >= heartbeat_ / 2) Send(context, AmqpHeartbeatFrame());
}

void AmqpConnection::Take(const CollectContext& context, const AmqpFrame& frame) {
  if (frame.type != AmqpFrame::Type::kMethod) return TakeContent(frame);
  TakeMethod(context, frame.channel, AmqpMethod(frame.payload));
}

void AmqpConnection::TakeMethod(const CollectContext& context, std::uint16_t channel,
                                const AmqpMethod& method) {
  switch (method.id()) {
    case AMQP_CONNECTION_CLOSE_METHOD:
      EndConnection(context, method);
    case AMQP_CONNECTION_BLOCKED_METHOD:
      blocked_ = true;
      return;
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      blocked_ = false;
      return;
    default:
      break;
  }
  if (channel == 0 || channel > kOwnChannel) RefuseMethod(method);
  switch (method.id()) {
    case AMQP_CHANNEL_CLOSE_METHOD:
      EndChannel(context, channel, method);
    case AMQP_BASIC_CANCEL_METHOD:
      throw CollectError(ErrorKind::kConnect,
                         "the server ended the subscription: its queue is gone");
    case AMQP_QUEUE_DECLARE_OK_METHOD:
      if (!std::exchange(sounding_, false) || channel != kOwnChannel) RefuseMethod(method);
      sounded_ = method.As<amqp_queue_declare_ok_t>().message_count;
      return;
    case AMQP_BASIC_DELIVER_METHOD:
      if (!subscribed_ || channel != kOwnChannel) RefuseMethod(method);
      return content_.Begin();
    default:
      RefuseMethod(method);
  }
}

void AmqpConnection::TakeContent(const AmqpFrame& frame) {
  if (frame.type == AmqpFrame::Type::kHeartbeat) return;
  std::optional<AmqpMessage> message = content_.Take(frame);
  if (!message) return;
  message_bytes_ += SizeOf(*message);
  messages_.push_back(*std::move(message));
  if (message_bytes_ > kMostHeldBytes || messages_.size() > kMostHeldMessages) {
    throw CollectError(ErrorKind::kLimit, "more messages came than are read");
  }
}

void AmqpConnection::EndConnection(const CollectContext& context, const AmqpMethod& method) {
  const auto& close = method.As<amqp_connection_close_t>();
  const amqp_connection_close_ok_t close_ok = {};
  const std::string_view text = AmqpText(close.reply_text);
  const ErrorKind kind = KindOfAmqpError(close.reply_code, text);
  try {
    Tell(context, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &close_ok);
  } catch (const CollectError&) {
    // The server does not wait for our reply. The reason for its close is reported.
  }
  // Before the login its text may repeat what we sent.
  if (!logged_in_) {
    throw CollectError(
        kind == ErrorKind::kPermission ? ErrorKind::kAuth : kind,
        "the server refused the user or the password (" + std::to_string(close.reply_code) + ")");
  }
  throw CollectError(kind, "the server closed the connection: " + std::to_string(close.reply_code) +
                               " " + ShownAmqpText(text));
}

void AmqpConnection::EndChannel(const CollectContext& context, std::uint16_t channel,
                                const AmqpMethod& method) {
  const auto& close = method.As<amqp_channel_close_t>();
  const amqp_channel_close_ok_t close_ok = {};
  Tell(context, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
  open_[channel] = false;
  const std::string_view text = AmqpText(close.reply_text);
  const ErrorKind kind = KindOfAmqpError(close.reply_code, text);
  const std::string what = std::to_string(close.reply_code) + " " + ShownAmqpText(text);
  // The subscription ended with its channel: the caller must start again with a new connection.
  if (channel == kOwnChannel && subscribed_) throw CollectError(kind, what);
  throw AmqpChannelError(kind, what, channel);
}

void AmqpConnection::Part() noexcept {
  try {
    amqp_connection_close_t close = {};
    close.reply_code = AMQP_REPLY_SUCCESS;
    close.reply_text = AmqpBytes("goodbye");
    const amqp_connection_close_ok_t close_ok = {};
    stream_.Part(AmqpMethodFrame(0, AMQP_CONNECTION_CLOSE_METHOD, &close),
                 AmqpMethodFrame(0, AMQP_CONNECTION_CLOSE_OK_METHOD, &close_ok), kPartingPatience);
  } catch (const std::exception&) {
    return;  // The goodbye is optional; there may be no memory for it.
  }
}

}  // namespace collectors
