# Sidekiq by its own library: queue_library.rb put|ask FILE, which holds the queues.
require "json"
require "sidekiq"
require "sidekiq/api"

Sidekiq.configure_client { |config| config.redis = { url: ENV.fetch("QUEUE_URL") } }

def put(name, states)
  job = { "class" => "Nothing", "args" => [], "queue" => name }
  states.fetch("waiting", 0).times { Sidekiq::Client.push(job) }
  later = job.merge("at" => Time.now.to_f + 3600)
  states.fetch("scheduled", 0).times { Sidekiq::Client.push(later) }
  states.fetch("dead", 0).times do |i|
    Sidekiq::DeadSet.new.kill(JSON.generate(job.merge("jid" => "#{name} #{i}")))
  end
end

def ask(name)
  return { "waiting" => Sidekiq::Queue.new(name).size } if name != "*"
  { "scheduled" => Sidekiq::ScheduledSet.new.size, "retry" => Sidekiq::RetrySet.new.size,
    "failed" => Sidekiq::DeadSet.new.size, "active" => Sidekiq::Workers.new.size }
end

command, path = ARGV
queues = JSON.parse(File.read(path))
queues.each do |queue|
  if command == "put"
    put(queue["name"], queue["states"])
  else
    queue["states"] = ask(queue["name"])
  end
end
File.write(path, JSON.generate(queues))
