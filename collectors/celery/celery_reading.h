#pragma once

#include <optional>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/event_listener.h"
#include "collectors/celery/queue_ages.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// Adds the families of a queue: the broker's reading, and the age of its oldest task.
void AddQueue(const QueueReading& queue, const std::optional<QueueAge>& age,
              exporter::FamilySet& families);

// Adds what the broker reports about all queues together.
void AddBroker(const BrokerReading& broker, exporter::FamilySet& families);

// Adds the families of AddStream() without samples, so that they come before others.
void OpenStream(exporter::FamilySet& families);

// Adds the state of the stream of events.
void AddStream(const StreamHealth& health, exporter::FamilySet& families);

}  // namespace collectors
