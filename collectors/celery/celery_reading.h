#pragma once

#include <optional>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/event_listener.h"
#include "collectors/celery/queue_ages.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// What the broker told of a queue, and how old what waits in it is.
void AddQueue(const QueueReading& queue, const std::optional<QueueAge>& age,
              exporter::FamilySet& families);

// What it told of all queues together.
void AddBroker(const BrokerReading& broker, exporter::FamilySet& families);

// The families of AddStream, without samples, so that they come before others.
void OpenStream(exporter::FamilySet& families);

// How the stream of events is doing.
void AddStream(const StreamHealth& health, exporter::FamilySet& families);

}  // namespace collectors
