# An application with Sidekiq: ruby sidekiq_app.rb put, or sidekiq -r sidekiq_app.rb
require "sidekiq"

Sidekiq.configure_client { |config| config.redis = { url: ENV["QUEUE_URL"] } }
Sidekiq.configure_server { |config| config.redis = { url: ENV["QUEUE_URL"] } }

class Ok
  include Sidekiq::Worker
  sidekiq_options queue: "mails"
  def perform(_argument); end
end

class Fail
  include Sidekiq::Worker
  sidekiq_options queue: "broken"
  def perform(_argument)
    raise "told to"
  end
end

class Hold
  include Sidekiq::Worker
  sidekiq_options queue: "slow"
  # Runs until something is pushed to `gate`.
  def perform(_argument)
    Sidekiq.redis { |redis| redis.set("holding", 1) }
    # Sidekiq 7's client gives a blocking command up.
    sleep 0.1 until Sidekiq.redis { |redis| redis.llen("gate") } > 0
  end
end

if ARGV == ["put"]
  3.times { Ok.perform_async("secret-argument") }
  2.times { Ok.perform_in(3600, "secret-argument") }
  Fail.set(retry: 5).perform_async("secret-argument")
  2.times { Fail.set(retry: 0).perform_async("secret-argument") }
  Hold.perform_async("secret-argument")
end
